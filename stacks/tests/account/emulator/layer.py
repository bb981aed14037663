"""Reads of a WSGI request that every layer needs."""

import io
import re
from urllib.parse import parse_qs

SCOPE = re.compile(r'Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request')


def scope_of(environ):
    """Returns the region and the service that the signature names, or (None, None) for an unsigned call."""
    found = SCOPE.search(environ.get('HTTP_AUTHORIZATION', ''))
    return found.groups() if found else (None, None)


def service_of(environ):
    """Returns the signing name of the service, such as 'elasticloadbalancing'."""
    return scope_of(environ)[1]


def body_of(environ):
    """Returns the body, and leaves it readable for the next layer."""
    body = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
    environ['wsgi.input'] = io.BytesIO(body)
    return body


def action_of(environ):
    """Returns the operation of a call whose protocol is JSON or query, and None for REST."""
    if target := environ.get('HTTP_X_AMZ_TARGET'):
        return target.rsplit('.', 1)[-1]
    if environ.get('CONTENT_TYPE', '').startswith('application/x-www-form-urlencoded'):
        return parse_qs(body_of(environ).decode()).get('Action', [None])[0]
    return None
