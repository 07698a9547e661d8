from server.http.timeouts import BODY_BYTES_PER_SECOND, MAX_CONNECTIONS, Timeouts


def test_default_timeouts_are_those_that_the_documents_promise() -> None:
    assert Timeouts() == Timeouts(head=5, body=5, unread=10, idle=65, linger=2, settled=1, interval=1)
    assert (BODY_BYTES_PER_SECOND, MAX_CONNECTIONS) == (65_536, 1024)
