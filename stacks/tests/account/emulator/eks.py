"""EKS as a deploy of stacks/ needs it: access entries, Kubernetes versions, Auto Mode, and the late log lines of EKS.

moto has clusters without these. This layer answers before moto does, and adds to moto's answers.
Source of the rules: https://docs.aws.amazon.com/eks/latest/APIReference
"""

import json
import re
import threading
from datetime import datetime, timezone
from urllib.parse import parse_qs, unquote

from layer import body_of, scope_of
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.logs.models import logs_backends
from werkzeug.test import run_wsgi_app

# End of standard support: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
SUPPORT_ENDS = {'1.33': '2026-07-29', '1.34': '2026-12-02', '1.35': '2027-03-27', '1.36': '2027-08-02'}
NODE_POOLS = {'general-purpose', 'system'}
# moto forgets these arguments of CreateCluster.
FORGOTTEN = ('accessConfig', 'computeConfig', 'kubernetesNetworkConfig', 'resourcesVpcConfig', 'storageConfig', 'upgradePolicy')
# EKS writes its last log lines seconds after the deletion of a cluster, and creates the log group for them.
LATE_LOG_SECONDS = 2


class EksError(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status = status
        self.code = code


class Eks:
    """WSGI layer in front of moto."""

    def __init__(self, app):
        self.app = app
        self.arguments = {}
        self.entries = {}

    def __call__(self, environ, start_response):
        region, service = scope_of(environ)
        if service != 'eks':
            return self.app(environ, start_response)
        raw_path = (environ.get('RAW_URI') or environ['PATH_INFO']).split('?')[0]
        path = [unquote(part) for part in raw_path.strip('/').split('/')]
        try:
            answer = self.answer(environ, region, path)
        except EksError as error:
            headers = [('Content-Type', 'application/json'), ('x-amzn-ErrorType', error.code)]
            start_response(f'{error.status} Refused', headers)
            return [json.dumps({'message': str(error)}).encode()]
        if answer is None:
            return self.app(environ, start_response)
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [json.dumps(answer).encode()]

    def answer(self, environ, region, path):
        """Returns the response body, or None for a call that moto answers alone."""
        method = environ['REQUEST_METHOD']
        body = json.loads(body_of(environ) or b'{}')
        match method, path:
            case 'GET', ['cluster-versions']:
                return versions(parse_qs(environ.get('QUERY_STRING', '')))
            case 'POST', ['clusters']:
                return self.create_cluster(environ, region, body)
            case 'GET', ['clusters', name]:
                return self.with_arguments(self.ask_moto(environ), name)
            case 'DELETE', ['clusters', name]:
                return self.delete_cluster(environ, region, name)
            case _, ['clusters', name, 'access-entries', *rest]:
                if name not in self.arguments:
                    raise EksError(404, 'ResourceNotFoundException', f'No cluster found for name: {name}.')
                return self.access_entries(method, region, name, rest, body)
        return None

    def ask_moto(self, environ):
        chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        answer = json.loads(b''.join(chunks) or b'{}')
        code = int(status.split(' ')[0])
        if code != 200:
            raise EksError(code, headers.get('x-amzn-errortype', 'ServerException'), answer.get('message', status))
        return answer

    def create_cluster(self, environ, region, body):
        check_auto_mode(body)
        if body.get('version') not in (None, *SUPPORT_ENDS):
            raise invalid(f'Kubernetes version {body["version"]} is not supported.')
        answer, name = self.ask_moto(environ), body['name']
        network = body['resourcesVpcConfig']
        ec2 = ec2_backends[DEFAULT_ACCOUNT_ID][region]
        vpc = ec2.get_subnet(network['subnetIds'][0]).vpc_id
        group = ec2.create_security_group(f'eks-cluster-sg-{name}', 'EKS cluster security group', vpc_id=vpc)
        self.arguments[name] = {key: body[key] for key in FORGOTTEN if key in body}
        self.arguments[name]['resourcesVpcConfig'] = {**network, 'clusterSecurityGroupId': group.id, 'vpcId': vpc}
        # EKS itself admits the nodes of Auto Mode.
        if role := body.get('computeConfig', {}).get('nodeRoleArn'):
            self.create_entry(region, name, {'principalArn': role, 'type': 'EC2'})
        return self.with_arguments(answer, name)

    def with_arguments(self, answer, name):
        cluster = answer['cluster']
        for key, value in self.arguments.get(name, {}).items():
            cluster[key] = {**(cluster.get(key) or {}), **value}
        return answer

    def delete_cluster(self, environ, region, name):
        answer = self.ask_moto(environ)
        arguments = self.arguments.pop(name)
        self.entries = {key: entry for key, entry in self.entries.items() if key[0] != name}
        group = arguments['resourcesVpcConfig']['clusterSecurityGroupId']
        ec2_backends[DEFAULT_ACCOUNT_ID][region].delete_security_group(group_id=group)
        threading.Timer(LATE_LOG_SECONDS, write_late_log, [region, f'/aws/eks/{name}/cluster']).start()
        return answer

    def access_entries(self, method, region, cluster, rest, body):
        if not rest:
            if method == 'POST':
                return {'accessEntry': self.create_entry(region, cluster, body)['entry']}
            return {'accessEntries': [principal for name, principal in self.entries if name == cluster]}
        principal, *rest = rest
        if (cluster, principal) not in self.entries:
            raise EksError(404, 'ResourceNotFoundException', 'The specified principalArn could not be found.')
        held = self.entries[cluster, principal]
        policies = held['policies']
        match method, rest:
            case 'GET', []:
                return {'accessEntry': held['entry']}
            case 'POST', []:
                check_groups(body)
                held['entry'].update({key: body[key] for key in ('kubernetesGroups', 'username') if key in body})
                return {'accessEntry': held['entry']}
            case 'DELETE', []:
                del self.entries[cluster, principal]
                return {}
            case 'GET', ['access-policies']:
                return {'clusterName': cluster, 'principalArn': principal, 'associatedAccessPolicies': list(policies.values())}
            case 'POST', ['access-policies']:
                now = datetime.now(timezone.utc).timestamp()
                policies[body['policyArn']] = {**body, 'associatedAt': now, 'modifiedAt': now}
                return {'clusterName': cluster, 'principalArn': principal, 'associatedAccessPolicy': policies[body['policyArn']]}
            case 'DELETE', ['access-policies', policy]:
                policies.pop(policy, None)
                return {}
        raise EksError(501, 'ServerException', f'eks.py does not implement {method} access-entries {rest}.')

    def create_entry(self, region, cluster, body):
        principal = body['principalArn']
        if (cluster, principal) in self.entries:
            raise EksError(409, 'ResourceInUseException', 'The specified access entry resource is already in use on this cluster.')
        check_groups(body)
        now = datetime.now(timezone.utc).timestamp()
        kind, name = principal.split(':')[-1].split('/', 1)
        entry = {
            'accessEntryArn': f'arn:aws:eks:{region}:{DEFAULT_ACCOUNT_ID}:access-entry/{cluster}/{kind}/{DEFAULT_ACCOUNT_ID}/{name}/1',
            'clusterName': cluster,
            'createdAt': now,
            'modifiedAt': now,
            'kubernetesGroups': body.get('kubernetesGroups', []),
            'principalArn': principal,
            'tags': body.get('tags', {}),
            'type': body.get('type', 'STANDARD'),
            'username': body.get('username', principal),
        }
        self.entries[cluster, principal] = {'entry': entry, 'policies': {}}
        return self.entries[cluster, principal]


def invalid(message):
    return EksError(400, 'InvalidParameterException', message)


def check_auto_mode(body):
    """Auto Mode has three switches, and EKS accepts only all or none."""
    compute = body.get('computeConfig', {})
    switches = {
        bool(compute.get('enabled')),
        bool(body.get('storageConfig', {}).get('blockStorage', {}).get('enabled')),
        bool(body.get('kubernetesNetworkConfig', {}).get('elasticLoadBalancing', {}).get('enabled')),
    }
    if len(switches) > 1:
        raise invalid('computeConfig, kubernetesNetworkConfig and storageConfig must all be enabled or all be disabled.')
    if unknown := set(compute.get('nodePools', [])) - NODE_POOLS:
        raise invalid(f'Unknown node pools: {", ".join(sorted(unknown))}.')


def check_groups(body):
    for group in body.get('kubernetesGroups') or []:
        if re.match('(system|eks|aws|amazon|iam):', group):
            raise invalid(f'The Kubernetes group name {group} is invalid.')


def versions(query):
    now = datetime.now(timezone.utc)
    answer = []
    for version, text in SUPPORT_ENDS.items():
        end = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
        if version in query.get('clusterVersions', SUPPORT_ENDS):
            status = 'STANDARD_SUPPORT' if end > now else 'EXTENDED_SUPPORT'
            answer.append(
                {
                    'clusterType': 'eks',
                    'clusterVersion': version,
                    'endOfStandardSupportDate': end.timestamp(),
                    'versionStatus': status,
                }
            )
    return {'clusterVersions': answer}


def write_late_log(region, name):
    logs = logs_backends[DEFAULT_ACCOUNT_ID][region]
    if name not in logs.groups:
        logs.create_log_group(name, {})
