"""Checks each call against AWS' own API model, as botocore has it, and logs the call.

moto accepts values that AWS refuses: names that are too long, unknown enum values, numbers out of range.
This layer refuses them with the model's rule, or with one of documented_rules.py. The log has one JSON object per line:
{"call": "iam.CreateRole", "status": 200, "checked": true}, or "refused" with the violated rules.
"""

import io
import json
import re
import threading

import documented_rules
from layer import action_of, body_of, service_of
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.utils import get_service_model

# botocore's name of a service, where it differs from the name in the signature.
MODELS = {
    'apigateway': 'apigatewayv2',
    'elasticloadbalancing': 'elbv2',
    'monitoring': 'cloudwatch',
    'tagging': 'resourcegroupstaggingapi',
}


class ApiCalls:
    """WSGI layer in front of all others."""

    def __init__(self, app, log):
        self.app = app
        self.log = log
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        service = service_of(environ)
        if service is None or 'inventory' in environ.get('HTTP_USER_AGENT', ''):
            return self.app(environ, start_response)
        service = MODELS.get(service, service)
        entry = {'call': service, 'checked': False}
        try:
            entry['call'], model, protocol, parameters = parse(service, environ)
            problems = list(violations(model, parameters, model.name)) if model else []
            # These rules rely on a call that keeps those of the model.
            problems = problems or list(documented_rules.violations(entry['call'], parameters))
            entry['checked'] = True
        except Exception as error:  # The call still runs, and the log says why it was not checked.
            problems = []
            entry['unchecked'] = f'{type(error).__name__}: {error}'[:300]
        if problems:
            entry['refused'] = problems
            self.write(entry)
            status, headers, body = refusal(protocol, '; '.join(problems))
            start_response(status, headers)
            return [body]

        def start(status, headers, *rest):
            entry['status'] = int(status.split(' ')[0])
            self.write(entry)
            return start_response(status, headers, *rest)

        return self.app(environ, start)

    def write(self, entry):
        with self.lock, open(self.log, 'a') as file:
            file.write(json.dumps(entry) + '\n')


def parse(service, environ):
    """Returns the name of the call, the shape of its input (None without one), the protocol, and the parameters."""
    body, action, in_path = body_of(environ), action_of(environ), {}
    # moto's classes read the body, so they get a copy.
    request = Request({**environ, 'wsgi.input': io.BytesIO(body)})
    model = get_service_model(service)
    protocol = determine_request_protocol(model, request.content_type)
    if action is None:
        try:
            operation, in_path = get_service_router(service).match(request)
        except NotFound:
            raise LookupError(f'no operation of {service} is {environ["REQUEST_METHOD"]} {environ["PATH_INFO"]}') from None
    else:
        operation = model.operation_model(action)
    parsed = PROTOCOL_PARSERS[protocol](operation, map_type=dict).parse(
        {
            'method': request.method,
            'values': request.values,
            'headers': request.headers,
            'body': body,
            'url_path': request.path,
            'url_params': in_path,
        }
    )
    return f'{service}.{operation.name}', operation.input_shape, protocol, parsed


def violations(shape, value, path):
    """Yields a sentence for each rule of the model that the value breaks."""
    if value is None:
        return
    limits = shape.metadata
    match shape.type_name:
        case 'structure':
            for name in shape.required_members:
                if value.get(name) is None:
                    yield f'{path}.{name} is missing'
            for name, member in shape.members.items():
                yield from violations(member, value.get(name), f'{path}.{name}')
        case 'list':
            yield from out_of_range(len(value), limits, f'{path} has {len(value)} items')
            for index, item in enumerate(value):
                yield from violations(shape.member, item, f'{path}[{index}]')
        case 'map':
            yield from out_of_range(len(value), limits, f'{path} has {len(value)} entries')
            for key, item in value.items():
                yield from violations(shape.key, key, f'{path} has the key "{key}", which')
                yield from violations(shape.value, item, f'{path}.{key}')
        case 'string' if isinstance(value, str):
            if shape.enum and value not in shape.enum:
                yield f'{path} is "{value}", which is not one of {", ".join(shape.enum[:12])}'
            yield from out_of_range(len(value), limits, f'{path} has {len(value)} characters')
            if not matches(limits.get('pattern'), value):
                yield f'{path} is "{value[:80]}", which does not match {limits["pattern"]}'
        case 'integer' | 'long' | 'float' | 'double' if not isinstance(value, str):
            yield from out_of_range(value, limits, f'{path} is {value}')


def out_of_range(number, limits, text):
    if 'min' in limits and number < limits['min']:
        yield f'{text}, and the minimum is {limits["min"]}'
    if 'max' in limits and number > limits['max']:
        yield f'{text}, and the maximum is {limits["max"]}'


def matches(pattern, value):
    """Returns whether the value matches. A pattern that only Java understands counts as matched."""
    if not pattern or '\\p{' in pattern:
        return True
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:
        return True


def refusal(protocol, message):
    """Returns status, headers and body of an error in the protocol of the service."""
    code = 'ValidationException'
    if 'json' in protocol:
        body, kind = json.dumps({'__type': code, 'message': message}), 'application/x-amz-json-1.1'
    else:
        text = message.replace('&', '&amp;').replace('<', '&lt;')
        error = f'<Error><Code>{code}</Code><Message>{text}</Message></Error>'
        ec2 = f'<Response><Errors>{error}</Errors></Response>'
        body, kind = ec2 if protocol == 'ec2' else f'<ErrorResponse>{error}</ErrorResponse>', 'text/xml'
    return '400 Refused', [('Content-Type', kind), ('x-amzn-ErrorType', code)], body.encode()
