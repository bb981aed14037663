"""Changes to moto where a deploy of stacks/ would notice a difference to AWS."""

import time

from layer import action_of, service_of
from moto.acm.models import AWSCertificateManagerBackend, acm_backends
from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.models import ApiGatewayV2Backend
from moto.budgets.responses import BudgetsResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.iam.access_control import PermissionResult
from moto.logs.models import LogsBackend
from moto.route53 import models as route53
from moto.s3.models import FakeBucket


def apply():
    ignore_bucket_policies()
    name_zones_like_aws()
    forget_deleted_records()
    forget_tags_of_deleted_log_groups()
    issue_certificates_when_validated()
    refuse_pending_certificates()
    change_budgets()


def ignore_bucket_policies():
    """moto ignores the Condition of a bucket policy. SST's "deny without TLS" would then deny every call."""
    FakeBucket.get_permission = lambda *_args, **_options: PermissionResult.NEUTRAL


def name_zones_like_aws():
    """AWS' zone ids begin with Z, and the settings require it."""
    moto_id = route53.create_route53_zone_id

    def zone_id(*args, **options):
        return f'Z{moto_id(*args, **options).upper()[:13]}'

    route53.create_route53_zone_id = zone_id


def forget_deleted_records():
    """moto's journal keeps deleted records, so it refuses to create one again. `wake` does that."""
    moto_delete = route53.FakeZone.delete_rrset

    def identity(record):
        return record['Name'].rstrip('.'), record.get('Type')

    def delete(zone, record):
        moto_delete(zone, record)
        kept = [change for change in zone.rr_changes if identity(change['ResourceRecordSet']) != identity(record)]
        zone.rr_changes.clear()
        zone.rr_changes.extend(kept)

    route53.FakeZone.delete_rrset = delete


def forget_tags_of_deleted_log_groups():
    """moto gives a new log group the tags of a deleted one with its name. EKS' late log group would look like ours."""
    moto_delete = LogsBackend.delete_log_group

    def delete(logs, log_group_name):
        group = logs.groups.get(log_group_name)
        moto_delete(logs, log_group_name)
        if group:
            logs.tagger.delete_all_tags_for_resource(group.arn)

    LogsBackend.delete_log_group = delete


class LastChange:
    """WSGI layer that records the time of the last call that changes anything besides objects in S3."""

    at = 0.0

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        service = service_of(environ)
        if service not in (None, 's3') and not self.is_read(environ):
            LastChange.at = time.monotonic()
        return self.app(environ, start_response)

    @staticmethod
    def is_read(environ):
        return environ['REQUEST_METHOD'] == 'GET' or (action_of(environ) or '').startswith(('Describe', 'Get', 'List'))


# Longer than the pause between two calls of a deploy.
QUIET_SECONDS = 3


def issue_certificates_when_validated():
    """AWS issues a certificate minutes after its validation record exists.

    Here it is issued once the record exists, the deploy has been quiet for QUIET_SECONDS, and a caller asks for the status.
    So a resource that uses a certificate without waiting for its validation finds it pending, as on AWS.
    """
    moto_describe = AWSCertificateManagerBackend.describe_certificate

    def records():
        for zone in route53.route53_backends[DEFAULT_ACCOUNT_ID]['aws'].zones.values():
            for record in zone.rrsets:
                for value in record.records or []:
                    text = value.get('Value', '') if isinstance(value, dict) else str(value)
                    yield record.name.rstrip('.'), text.rstrip('.')

    def describe(backend, arn):
        certificate = moto_describe(backend, arn)
        if certificate.status == 'PENDING_VALIDATION' and time.monotonic() - LastChange.at > QUIET_SECONDS:
            options = certificate.describe()['Certificate'].get('DomainValidationOptions', [])
            needed = [option['ResourceRecord'] for option in options]
            existing = set(records())
            if all((record['Name'].rstrip('.'), record['Value'].rstrip('.')) in existing for record in needed):
                certificate.status = 'ISSUED'
        return certificate

    AWSCertificateManagerBackend.describe_certificate = describe


def refuse_pending_certificates():
    """Load balancers and API Gateway refuse a certificate that is not issued yet."""

    def is_pending(backend, arn):
        certificate = acm_backends[backend.account_id][backend.region_name]._certificates.get(arn)
        return certificate is not None and certificate.status != 'ISSUED'

    moto_listener = ELBv2Backend.create_listener

    def create_listener(backend, load_balancer_arn, protocol, port, ssl_policy, certificate, *args, **options):
        if is_pending(backend, certificate):
            raise ELBClientError('UnsupportedCertificate', f'The certificate {certificate} must have status ISSUED.')
        return moto_listener(backend, load_balancer_arn, protocol, port, ssl_policy, certificate, *args, **options)

    ELBv2Backend.create_listener = create_listener
    moto_domain = ApiGatewayV2Backend.create_domain_name

    def create_domain_name(backend, domain_name, domain_name_configurations, *args, **options):
        for configuration in domain_name_configurations:
            arn = next((value for key, value in configuration.items() if key.lower() == 'certificatearn'), None)
            if is_pending(backend, arn):
                raise BadRequestException(f'The certificate {arn} must have status ISSUED.')
        return moto_domain(backend, domain_name, domain_name_configurations, *args, **options)

    ApiGatewayV2Backend.create_domain_name = create_domain_name


def change_budgets():
    """moto lacks UpdateBudget."""

    def update_budget(response):
        account, new = response._get_param('AccountId'), response._get_param('NewBudget')
        response.backend.describe_budget(account_id=account, budget_name=new['BudgetName'])
        response.backend.budgets[account][new['BudgetName']].budget.update(new)
        return '{}'

    BudgetsResponse.update_budget = update_budget
