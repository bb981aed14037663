/** Returns an IAM trust policy, as JSON, that lets one AWS service and no other principal assume a role. */
export function serviceTrust(service: string, actions: string[] = ['sts:AssumeRole']): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: actions }],
  })
}
