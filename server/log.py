"""JSON lines on standard output: a few at the start, at most one for a request, never a value of a payload."""

import logging
import logging.config
import warnings
from datetime import UTC, datetime

import msgspec

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _PLAIN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def configure() -> None:
    """Log our own lines, and the warnings of all libraries, Python's included."""
    logging.captureWarnings(capture=True)
    warnings.filterwarnings("ignore", "ORJSONResponse is deprecated")  # by FastAPI; KServe still uses it
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
            "root": {"level": "WARNING", "handlers": ["out"]},
            # KServe adds its own handlers unless its logger has one.
            "loggers": {
                "server": {"level": "INFO"},
                # It warns of each request to upgrade the protocol, in addition to the request's own line.
                "uvicorn.error": {"level": "ERROR"},
                "kserve": {"level": "WARNING", "handlers": ["out"], "propagate": False},
            },
        }
    )
