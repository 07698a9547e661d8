"""What all responses of an App under test have in common."""

from server.http.access_log import AccessLog
from server.http.cors import Cors
from server.http.limits import ConnectionLimits
from server.http.request import Responder
from server.http.write import CommonHeaders


def responder(cors: Cors | None = None) -> Responder:
    return Responder(CommonHeaders("", 65, cors), AccessLog(), ConnectionLimits(1 << 20, 64 << 20))
