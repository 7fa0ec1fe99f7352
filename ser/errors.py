"""What can go wrong, and how it is said.

Every message is one or more sentences for a person: what was seen, what the limit is, what to do. The web page,
the command line and the API show the same sentence; the command line ends with the error's ``exit_code``.

::

    SerError
    ├── AudioError               the recording can't be used
    │   ├── NotAudioError        the bytes are no audio file
    │   ├── EmptyAudioError      no bytes, or no samples
    │   ├── DecodeError          audio by its look, but it can't be decoded, or it is cut short
    │   ├── SilentAudioError     nothing but silence
    │   ├── TooShortError        shorter than the shortest recording that is heard
    │   └── TooLongError         longer, or larger, than the limit
    ├── ToolMissingError         a program that is needed (ffmpeg) is not there
    ├── CorpusError              a corpus folder or table is not what it should be
    │   └── DownloadError        a corpus can't be fetched, or its licence was not accepted
    └── ModelError               weights and manifest do not fit each other, or this version
"""


class SerError(Exception):
    """Base of all errors that this package raises on purpose. ``str(error)`` is fit to be shown."""

    exit_code = 1


class AudioError(SerError):
    """The recording can't be used."""

    exit_code = 10


class NotAudioError(AudioError):
    """The bytes are no audio file that can be read."""

    exit_code = 11


class EmptyAudioError(AudioError):
    """There are no bytes, or no samples."""

    exit_code = 12


class DecodeError(AudioError):
    """The file looks like audio but can't be decoded, or is cut short."""

    exit_code = 13


class SilentAudioError(AudioError):
    """The recording holds nothing but silence."""

    exit_code = 14


class TooShortError(AudioError):
    """The recording is shorter than the shortest that is heard."""

    exit_code = 15


class TooLongError(AudioError):
    """The recording is longer, or the file larger, than the limit."""

    exit_code = 16


class ToolMissingError(SerError):
    """A program that is needed is not installed."""

    exit_code = 20


class CorpusError(SerError):
    """A corpus folder, or a table made from it, is not what it should be."""

    exit_code = 30


class DownloadError(CorpusError):
    """A corpus can't be fetched, is not what its publisher says it is, or its licence was not accepted."""

    exit_code = 31


class ModelError(SerError):
    """Weights, manifest and this version of the package do not fit each other."""

    exit_code = 40
