"""Prints a line for each resource in the account: the service and the name. Usage: inventory.py ENDPOINT REGION

AWS' own defaults are left out: the default VPC, the records NS and SOA of a zone.
"""

import sys

import boto3
from botocore.config import Config

ACCOUNT = '123456789012'
# Service, operation, its arguments, the list in the answer, and the name in an item. None: the item is the name.
LISTS = [
    ('acm', 'list_certificates', {}, 'CertificateSummaryList', 'CertificateArn'),
    ('apigatewayv2', 'get_apis', {}, 'Items', 'Name'),
    ('apigatewayv2', 'get_domain_names', {}, 'Items', 'DomainName'),
    ('apigatewayv2', 'get_vpc_links', {}, 'Items', 'Name'),
    ('budgets', 'describe_budgets', {'AccountId': ACCOUNT}, 'Budgets', 'BudgetName'),
    ('cloudwatch', 'describe_alarms', {}, 'MetricAlarms', 'AlarmName'),
    ('cloudwatch', 'list_dashboards', {}, 'DashboardEntries', 'DashboardName'),
    ('dynamodb', 'list_tables', {}, 'TableNames', None),
    ('ec2', 'describe_addresses', {}, 'Addresses', 'AllocationId'),
    ('ec2', 'describe_instances', {}, 'Reservations', 'ReservationId'),
    ('ec2', 'describe_internet_gateways', {}, 'InternetGateways', 'InternetGatewayId'),
    ('ec2', 'describe_nat_gateways', {}, 'NatGateways', 'NatGatewayId'),
    ('ec2', 'describe_volumes', {}, 'Volumes', 'VolumeId'),
    ('ec2', 'describe_vpc_endpoints', {}, 'VpcEndpoints', 'VpcEndpointId'),
    ('ec2', 'describe_vpcs', {}, 'Vpcs', 'VpcId'),
    ('ecr', 'describe_repositories', {}, 'repositories', 'repositoryName'),
    ('eks', 'list_clusters', {}, 'clusters', None),
    ('elbv2', 'describe_load_balancers', {}, 'LoadBalancers', 'LoadBalancerName'),
    ('elbv2', 'describe_target_groups', {}, 'TargetGroups', 'TargetGroupName'),
    ('events', 'list_rules', {}, 'Rules', 'Name'),
    ('iam', 'list_open_id_connect_providers', {}, 'OpenIDConnectProviderList', 'Arn'),
    ('iam', 'list_policies', {'Scope': 'Local'}, 'Policies', 'PolicyName'),
    ('iam', 'list_roles', {}, 'Roles', 'RoleName'),
    ('lambda', 'list_functions', {}, 'Functions', 'FunctionName'),
    ('logs', 'describe_log_groups', {}, 'logGroups', 'logGroupName'),
    ('s3', 'list_buckets', {}, 'Buckets', 'Name'),
    ('scheduler', 'list_schedules', {}, 'Schedules', 'Name'),
    ('sns', 'list_topics', {}, 'Topics', 'TopicArn'),
    ('sqs', 'list_queues', {}, 'QueueUrls', None),
    ('ssm', 'describe_parameters', {}, 'Parameters', 'Name'),
]

endpoint, region = sys.argv[1:]
account = {'endpoint_url': endpoint, 'region_name': region, 'aws_access_key_id': 'test', 'aws_secret_access_key': 'test'}
# api_calls.py leaves these calls out of its log.
account['config'] = Config(user_agent_extra='inventory')


def is_default(item):
    return isinstance(item, dict) and (item.get('IsDefault') or item.get('State') == 'deleted')


for service, operation, arguments, key, name in LISTS:
    for item in getattr(boto3.client(service, **account), operation)(**arguments).get(key, []):
        if not is_default(item):
            print(service, item[name] if name else item)
route53 = boto3.client('route53', **account)
for zone in route53.list_hosted_zones()['HostedZones']:
    print('route53 zone', zone['Name'])
    for record in route53.list_resource_record_sets(HostedZoneId=zone['Id'])['ResourceRecordSets']:
        if record['Type'] not in ('NS', 'SOA'):
            print('route53 record', record['Type'], record['Name'])
tagged = boto3.client('resourcegroupstaggingapi', **account)
for page in tagged.get_paginator('get_resources').paginate(TagFilters=[{'Key': 'project', 'Values': ['warm-pods']}]):
    for item in page['ResourceTagMappingList']:
        print('tagged', item['ResourceARN'])
