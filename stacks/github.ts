const HOST = 'token.actions.githubusercontent.com'

/**
 * The role by which this repository's workflows deploy, in the environment `production` only; which branches may use
 * that environment is the environment's own rule (docs/operations.md), since AWS sees the subject and not the branch.
 */
export function github(repository: string, cluster: aws.eks.Cluster | undefined) {
  const provider = new aws.iam.OpenIdConnectProvider('GithubOidc', {
    url: `https://${HOST}`,
    clientIdLists: ['sts.amazonaws.com'],
  })
  const role = new aws.iam.Role('GithubDeploy', {
    name: `${$app.name}-${$app.stage}-github-deploy`,
    maxSessionDuration: 3600,
    assumeRolePolicy: provider.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: arn },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${HOST}:aud`]: 'sts.amazonaws.com',
                [`${HOST}:sub`]: `repo:${repository}:environment:${$app.stage}`,
              },
            },
          },
        ],
      }),
    ),
  })
  new aws.iam.RolePolicyAttachment('GithubDeployPolicy', {
    role: role.name,
    policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
  })
  if (!cluster) return
  // It applies k8s/ after each deploy.
  new aws.eks.AccessEntry('GithubAccess', {
    clusterName: cluster.name,
    principalArn: role.arn,
    type: 'STANDARD',
  })
  new aws.eks.AccessPolicyAssociation('GithubAccessPolicy', {
    clusterName: cluster.name,
    principalArn: role.arn,
    policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
    accessScope: { type: 'cluster' },
  })
}
