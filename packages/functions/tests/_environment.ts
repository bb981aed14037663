/** The variables of a Lambda whose neighbours do not answer. */
export const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  POOL_TABLE: 'Pool',
  SESSIONS_TABLE: 'Sessions',
  REFILL_FUNCTION: 'refill',
  LAMBDA_ENDPOINT: 'http://127.0.0.1:9',
  KUBERNETES_ENDPOINT: 'http://127.0.0.1:9',
  CLUSTER_NAME: 'test',
  NAMESPACE: 'warm-pods',
  IMAGE: 'echo:1',
  SITE_ORIGIN: 'https://site.example',
}
