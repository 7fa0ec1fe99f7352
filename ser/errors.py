"""What can go wrong, and how it is said.

Every message is one or more sentences for a person: what was seen, what the limit is, what to do. The web page,
the command line and the API show the same sentence; the command line ends with the error's ``exit_code``.

Sentences are English here. Those about recordings are raised with a template and its values, so that the page can say
them in its reader's language: ``EmptyAudioError("'{name}' is empty.", name=name)``.

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
    ├── ToolFailedError          it is there but could not work: killed, or no room; the server's fault, not the file's
    ├── CorpusError              a corpus folder or table is not what it should be
    │   └── DownloadError        a corpus can't be fetched, or its licence was not accepted
    ├── ArchiveError             an archive of recordings, or the tables of its answers, can't be used
    ├── EngineError              the workers that share work out can't be reached, or were ended
    ├── BusyError                too many recordings wait to be heard
    └── ModelError               weights and manifest do not fit each other, or this version
        └── UnknownModelError    there is no model of that name
"""


class SerError(Exception):
    """Base of all errors that this package raises on purpose. ``str(error)`` is fit to be shown.

    Attributes:
        template: the sentence with ``{names}``; a finished sentence if there are no values.
        values: what stands for the names.
    """

    exit_code = 1

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template.format(**values) if values else template)
        self.template = template
        self.values = values


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


class ToolFailedError(SerError):
    """A program that is needed could not do its work, through no fault of the recording."""

    exit_code = 21


class CorpusError(SerError):
    """A corpus folder, or a table made from it, is not what it should be."""

    exit_code = 30


class DownloadError(CorpusError):
    """A corpus can't be fetched, is not what its publisher says it is, or its licence was not accepted."""

    exit_code = 31


class ArchiveError(SerError):
    """An archive of recordings, or the tables of its answers, is not what it should be or can't be reached."""

    exit_code = 50


class EngineError(SerError):
    """The workers that share work out can't be reached, or were ended."""

    exit_code = 51


class ModelError(SerError):
    """Weights, manifest and this version of the package do not fit each other."""

    exit_code = 40


class UnknownModelError(ModelError):
    """There is no model of that name."""


class BusyError(SerError):
    """Too many recordings wait to be heard.

    Attributes:
        retry_after_s: when to ask again.
    """

    exit_code = 50

    def __init__(self, template: str, /, retry_after_s: int = 5, **values: object) -> None:
        super().__init__(template, retry_after_s=retry_after_s, **values)
        self.retry_after_s = retry_after_s
