from tests.backtest.conftest import db, settings

__all__ = ["db", "settings"]
