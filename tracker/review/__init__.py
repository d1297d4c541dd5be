"""The analyst's desk: a Datasette plugin with board, queue and pages beside the plain tables."""

from tracker.review.plugin import (
    actor_from_request,
    asgi_wrapper,
    extra_css_urls,
    extra_template_vars,
    forbidden,
    handle_exception,
    prepare_connection,
    prepare_jinja2_environment,
    register_routes,
    skip_csrf,
)

__all__ = [
    "actor_from_request",
    "asgi_wrapper",
    "extra_css_urls",
    "extra_template_vars",
    "forbidden",
    "handle_exception",
    "prepare_connection",
    "prepare_jinja2_environment",
    "register_routes",
    "skip_csrf",
]
