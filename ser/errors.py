"""What can go wrong, and how it is said.

Every message is one or more sentences for a person: what was seen, what the limit is, what to do. The web page,
the command line and the API show the same sentence.

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
    └── ModelError               weights and manifest do not fit each other, or this version
"""


class SerError(Exception):
    """Base of all errors that this package raises on purpose. ``str(error)`` is fit to be shown."""


class AudioError(SerError):
    """The recording can't be used."""


class NotAudioError(AudioError):
    """The bytes are no audio file that can be read."""


class EmptyAudioError(AudioError):
    """There are no bytes, or no samples."""


class DecodeError(AudioError):
    """The file looks like audio but can't be decoded, or is cut short."""


class SilentAudioError(AudioError):
    """The recording holds nothing but silence."""


class TooShortError(AudioError):
    """The recording is shorter than the shortest that is heard."""


class TooLongError(AudioError):
    """The recording is longer, or the file larger, than the limit."""


class ToolMissingError(SerError):
    """A program that is needed is not installed."""


class CorpusError(SerError):
    """A corpus folder, or a table made from it, is not what it should be."""


class ModelError(SerError):
    """Weights, manifest and this version of the package do not fit each other."""
