"""What stands in a shared body where each reader's own addresses go. Neither can occur in a mail by itself."""

WAY_OUT = "https://way-out.invalid/"
"""Ends the subscription."""
OWN_PAGE = "https://own-page.invalid/"
"""Changes the subscription, or ends it."""
