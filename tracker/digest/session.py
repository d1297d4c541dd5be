"""One conversation with a mail server, and what its answers mean for a message."""

from __future__ import annotations

import smtplib
import ssl
from types import TracebackType

from tracker.digest import clean
from tracker.digest.server import Server, is_loopback

TOO_BUSY = 421


class ServerError(Exception):
    """The server cannot be used now: wait, then try again. Its text is for people."""

    def __init__(self, reason: str, *, handing_over: bool = False) -> None:
        super().__init__(reason)
        self.handing_over = handing_over
        """Whether it happened over a message, which may be the cause and must not hold up the others for ever."""


class DeferredError(Exception):
    """The server wants this message later (4xx), or the line dropped while it was handed over."""


class RefusedError(Exception):
    """The server will never take this message (5xx)."""

    def __init__(self, reason: str, *, address: bool) -> None:
        super().__init__(reason)
        self.address = address
        """Whether it was the recipient's address that was refused."""


class Session:
    """An open, greeted, encrypted and signed-in connection. Use as a context manager."""

    def __init__(self, server: Server, password: str, own_name: str) -> None:
        self.server = server
        self._password = password
        self._own_name = "[127.0.0.1]" if is_loopback(server.host) else own_name
        self._smtp: smtplib.SMTP | None = None
        self._unfinished = False

    def __enter__(self) -> Session:
        """Connect. Raises ServerError."""
        try:
            self._smtp = self._connect()
            self._greet(self._smtp)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take leave where the server still listens, and hang up."""
        if self._smtp is None:
            return
        try:
            if self._smtp.sock is not None:
                self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()
        self._smtp = None

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Hand a message over. Returning means that the server has taken it.

        Raises DeferredError, RefusedError or ServerError; after ServerError the session is of no further use.
        """
        assert self._smtp is not None
        try:
            if self._unfinished:
                self._smtp.rset()
                self._unfinished = False
            self._step(*self._smtp.mail(sender), "the sender", whose_fault="server")
            self._step(*self._smtp.rcpt(recipient), "the recipient", whose_fault="address")
            self._step(*self._smtp.data(message), "the message", whose_fault="message")
        except smtplib.SMTPDataError as error:
            self._step(error.smtp_code, error.smtp_error, "the message", whose_fault="message")
        except (OSError, smtplib.SMTPServerDisconnected):
            message_was = "the connection dropped while the message was being handed over"
            raise ServerError(message_was, handing_over=True) from None

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        where = f"{server.host} port {server.port}"
        try:
            if server.tls == "implicit":
                return smtplib.SMTP_SSL(
                    server.host, server.port, self._own_name, timeout=server.timeout, context=_context()
                )
            smtp = smtplib.SMTP(server.host, server.port, self._own_name, timeout=server.timeout)
        except ssl.SSLCertVerificationError as error:
            raise ServerError(_certificate(error, server.host)) from None
        except ssl.SSLError:
            raise ServerError(f"{where} does not speak TLS there; try tls=starttls") from None
        except smtplib.SMTPConnectError as error:
            raise ServerError(f"{where} turned us away: {reply(error.smtp_code, error.smtp_error)}") from None
        except TimeoutError:
            raise ServerError(f"{where} did not answer within {server.timeout:g} s") from None
        except smtplib.SMTPServerDisconnected:
            raise ServerError(f"{where} hung up, or said nothing for {server.timeout:g} s") from None
        except (OSError, smtplib.SMTPException):
            raise ServerError(f"{where} cannot be reached") from None
        if server.tls == "starttls":
            self._encrypt(smtp)
        return smtp

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.ehlo()
            code, answer = smtp.starttls(context=_context())
        except ssl.SSLCertVerificationError as error:
            smtp.close()
            raise ServerError(_certificate(error, self.server.host)) from None
        except smtplib.SMTPNotSupportedError:
            smtp.close()
            raise ServerError(f"{self.server.host} offers no STARTTLS; nothing is sent unencrypted") from None
        except (OSError, smtplib.SMTPException):
            smtp.close()
            raise ServerError(f"{self.server.host} broke off while encryption was being set up") from None
        if code >= 300:
            smtp.close()
            raise ServerError(f"{self.server.host} refused STARTTLS: {reply(code, answer)}")

    def _greet(self, smtp: smtplib.SMTP) -> None:
        """Say who we are, and sign in where a user is named."""
        try:
            smtp.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException):
            raise ServerError(f"{self.server.host} broke off at the greeting") from None
        if not self.server.user:
            return
        try:
            smtp.login(self.server.user, self._password)
        except smtplib.SMTPAuthenticationError as error:
            raise ServerError(
                f"{self.server.host} refused the user name or password ({error.smtp_code}); "
                "look at smtp_url and TRACKER_SMTP_PASSWORD"
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise ServerError(f"{self.server.host} takes no sign-in on this connection") from None
        except (OSError, smtplib.SMTPException):
            raise ServerError(f"{self.server.host} broke off while signing in") from None

    def _step(self, code: int, answer: bytes | str, what: str, *, whose_fault: str) -> None:
        if code < 300:
            return
        said = f"{self.server.host} answered for {what}: {reply(code, answer)}"
        if code == TOO_BUSY or code < 0 or whose_fault == "server":
            raise ServerError(said, handing_over=True)
        self._unfinished = True
        if code >= 500:
            raise RefusedError(said, address=whose_fault == "address")
        raise DeferredError(said)


def reply(code: int, answer: bytes | str) -> str:
    """A server's answer as one short clean line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return clean.line(f"{code} {text}", 160)


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    return (
        f"the certificate of {host} is not to be trusted ({clean.line(error.verify_message, 80)}); nothing was sent. "
        "A certificate authority of your own goes into SSL_CERT_FILE"
    )


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
