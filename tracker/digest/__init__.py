"""Mail: select, render, outbox, send."""
