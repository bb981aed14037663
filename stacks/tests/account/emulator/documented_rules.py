"""Rules that AWS documents and enforces, and that its API models lack. Each names its page."""

import re

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
SCHEDULE = r'rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)|at\(\S+\)'


def violations(call, parameters):
    """Yields a sentence for each rule that the call breaks."""
    match call:
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
        case 'dynamodb.CreateTable':
            name = parameters['TableName']
            if not re.fullmatch(r'[A-Za-z0-9_.-]{3,255}', name):
                yield f'TableName is "{name}", which needs 3 to 255 letters, digits, "_", "-" and "."'
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        case 'cloudwatch.PutMetricAlarm':
            for metric in [parameters, *(query.get('MetricStat') or {} for query in parameters.get('Metrics') or [])]:
                period = metric.get('Period')
                if period is not None and period not in (10, 20, 30) and period % 60 != 0:
                    yield f'Period is {period} s, which is not 10, 20, 30 or a multiple of 60'
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        case 'sqs.CreateQueue' | 'sqs.SetQueueAttributes':
            seconds = (parameters.get('Attributes') or {}).get('MessageRetentionPeriod')
            if seconds is not None and not 60 <= int(seconds) <= 1_209_600:
                yield f'MessageRetentionPeriod is {seconds} s, which is not 60 s to 14 days'
        case 'logs.PutRetentionPolicy':
            days = parameters['retentionInDays']
            if days not in RETENTION_DAYS:
                yield f'retentionInDays is {days}, which is not one of {sorted(RETENTION_DAYS)}'
        case 'scheduler.CreateSchedule' | 'scheduler.UpdateSchedule':
            expression = parameters['ScheduleExpression']
            if not re.fullmatch(SCHEDULE, expression):
                yield f'ScheduleExpression is "{expression}", which is no rate, cron or at'
        # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        case 'lambda.CreateFunction' | 'lambda.UpdateFunctionConfiguration':
            variables = (parameters.get('Environment') or {}).get('Variables') or {}
            size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
            if size > 4096:
                yield f'the environment has {size} bytes, and the maximum is 4,096'
            if parameters.get('Timeout', 0) > 900:
                yield f'Timeout is {parameters["Timeout"]} s, and the maximum is 900'
