"""Settings: the only reader of the environment (names fixed by the contract, TRACKER_*)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

KNOWN_SECRETS = frozenset({"", "dev", "secret", "changeme", "change-me", "test", "sample", "default"})
SAMPLE_SECRET = "sample-only-" + "0" * 32


class SettingsError(ValueError):
    """A setting that cannot be used; the text is for the person who starts the program."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to the next."""

    database_url: str
    broker_url: str
    smtp_url: str | None
    mail_from: str
    base_url: str
    secret_key: str
    data_dir: Path
    store_url: str
    timezone: ZoneInfo
    locale: str
    clock: datetime | None
    bind: str
    metrics: bool
    sample: bool = False

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        sample: bool = False,
        data_dir: Path | None = None,
        bind: str | None = None,
        needs_secret: bool = True,
    ) -> Settings:
        """Read TRACKER_* from `environ`; arguments override.

        `needs_secret`: refuse to go on without TRACKER_SECRET_KEY or with a known one, outside the sample.
        A SQLite installation keeps a random secret of its own in the data folder, so that commands that
        sign nothing for the world still work; serving asks for the real one.
        """
        env = os.environ if environ is None else environ
        data = (data_dir or Path(env.get("TRACKER_DATA_DIR") or "var")).resolve()
        secret = env.get("TRACKER_SECRET_KEY", "")
        if sample:
            secret = secret or SAMPLE_SECRET
        elif secret.strip().lower() in KNOWN_SECRETS or secret == SAMPLE_SECRET or len(secret) < 16:
            if needs_secret:
                raise SettingsError(
                    "TRACKER_SECRET_KEY chưa đặt, quá ngắn hoặc là giá trị ai cũng biết. "
                    "Đặt một chuỗi ngẫu nhiên từ 32 ký tự, ví dụ: "
                    "python3 -c 'import secrets; print(secrets.token_hex(32))'"
                )
            secret = secret or "commands-only"
        try:
            zone = ZoneInfo(env.get("TRACKER_TIMEZONE") or "Asia/Ho_Chi_Minh")
        except (KeyError, ValueError) as error:
            raise SettingsError(f"TRACKER_TIMEZONE: không có múi giờ {env.get('TRACKER_TIMEZONE')!r}.") from error
        bound = bind or env.get("TRACKER_BIND") or "127.0.0.1:8000"
        base = (env.get("TRACKER_BASE_URL") or f"http://{bound}").rstrip("/")
        if not base.startswith(("http://", "https://")):
            raise SettingsError(f"TRACKER_BASE_URL phải bắt đầu bằng http:// hoặc https://, đang là {base!r}.")
        locale = env.get("TRACKER_LOCALE") or "vi"
        if locale not in ("vi", "en"):
            raise SettingsError(f"TRACKER_LOCALE nhận vi hoặc en, đang là {locale!r}.")
        return cls(
            database_url=database_url(env.get("TRACKER_DATABASE_URL") or f"sqlite:///{data / 'tracker.db'}"),
            broker_url=env.get("TRACKER_BROKER_URL") or "memory://localhost/",
            smtp_url=env.get("TRACKER_SMTP_URL") or None,
            mail_from=env.get("TRACKER_MAIL_FROM") or "theo-doi@tracker.example",
            base_url=base,
            secret_key=secret,
            data_dir=data,
            store_url=env.get("TRACKER_STORE_URL") or f"file://{data / 'files'}",
            timezone=zone,
            locale=locale,
            clock=_instant(env.get("TRACKER_CLOCK"), zone),
            bind=bound,
            metrics=(env.get("TRACKER_METRICS") or "off").lower() in {"1", "on", "true", "yes"},
            sample=sample,
        )

    @property
    def is_sqlite(self) -> bool:
        """One machine without a database server."""
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Decides Secure cookies, the __Host- prefix and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def in_process(self) -> bool:
        """The broker lives in this process: one process runs it all."""
        return self.broker_url.startswith("memory:")

    def with_(self, **changes: object) -> Settings:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # field names are checked by replace itself


def database_url(url: str) -> str:
    """postgres:// and postgresql:// mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"TRACKER_CLOCK phải là thời điểm ISO, ví dụ 2023-05-11T09:00:00+07:00; đang là {text!r}."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
