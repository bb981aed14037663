/**
 * Every command of docs/operations.md, and the program that runs it. commands.test.ts compares the table with the document.
 * The rehearsal runs the commands that have a phase, as they are written there.
 */

/** `awake`: while the stage is awake. The others follow in this order, once it is asleep. */
export type Phase = 'awake' | 'removal' | 'remains' | 'proof'

export type RunBy =
  /** The rehearsal runs the text of the command in a shell. */
  | { readonly rehearsal: Phase }
  /** A step of the rehearsal runs the same program. */
  | { readonly step: string }
  /** The program that covers the command, or that the command is. */
  | { readonly program: 'npm run rehearse' | `npm run test:${'aws' | 'cluster' | 'infra'}` | 'npm test' }
  | { readonly notRunBecause: string }

const AWAKE: RunBy = { rehearsal: 'awake' }
const REMOVAL: RunBy = { rehearsal: 'removal' }
const REMAINS: RunBy = { rehearsal: 'remains' }
const PROOF: RunBy = { rehearsal: 'proof' }
const TEST_AWS: RunBy = { program: 'npm run test:aws' }
const notRunBecause = (reason: string): RunBy => ({ notRunBecause: reason })

export const COMMANDS: Readonly<Record<string, RunBy>> = {
  'npm run costs': { program: 'npm test' },
  'npm run top -- --stage production': notRunBecause(
    'its parts run in npm test; no program here has a deployed stage to show',
  ),
  'npm run top -- --stage production --session <id>': notRunBecause('as above'),
  'npm ci': notRunBecause('every workflow and every checkout begins with it'),
  'git checkout <commit>': notRunBecause('a check of the repository must not change its commit'),
  'npm run rehearse -- --context <name>': { program: 'npm run rehearse' },
  'npm run test:infra': { program: 'npm run test:infra' },
  'npm run test:cluster -- --context <name>': { program: 'npm run test:cluster' },

  'npm run sleep': { step: 'npm run sleep' },
  'npm run sleep -- --stage production': { step: 'npm run sleep' },
  'npm run wake': { step: 'npm run wake' },
  'npm run wake -- --stage production': { step: 'npm run wake' },
  'WARM_PODS_IMAGE_TAG=$(git rev-parse HEAD) npm run wake -- --stage production': { step: 'npm run wake' },
  'npm run deploy': { step: 'npm run deploy' },
  'npx sst deploy': { step: 'npm run wake' },
  'kubectl apply': { step: 'npm run wake' },
  'npm run smoke -- https://api.<domain> https://<owner>.github.io --cluster': { step: 'npm run smoke' },
  'npm run smoke -- … --cluster': { step: 'npm run smoke' },

  'npx sst diff --stage production': TEST_AWS,
  'npx sst deploy --stage ada': TEST_AWS,
  'npx sst remove --stage ada': TEST_AWS,
  'npx sst unlock --stage production': TEST_AWS,
  'npx sst state export --stage production > state.json': TEST_AWS,
  'npm run test:aws': TEST_AWS,
  "{ aws resourcegroupstaggingapi get-resources --tag-filters Key=stage,Values=production --query 'ResourceTagMappingList[].ResourceARN' --output text aws iam list-roles --query \"Roles[?starts_with(RoleName, 'warm-pods-production-')].Arn\" --output text } | tr '\\t' '\\n' | while read -r arn; do grep -qF \"$arn\" state.json || echo \"$arn\"; done":
    notRunBecause('the rehearsal cuts off no deploy; test:aws makes the same comparison by calls of AWS'),
  'npx sst dev --stage ada': notRunBecause('it connects to AWS IoT, which the emulator does not have'),

  'gh api repos/OWNER/NAME --jq \'"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"\'':
    notRunBecause('it asks GitHub'),
  'dig NS <domain>': notRunBecause('the emulator has no DNS server'),
  'REPOSITORY=$(node -p "require(\'./.sst/outputs.json\').podImageRepository")': AWAKE,
  'aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY%%/*}"':
    notRunBecause('the emulated registry has no server for Docker'),
  'docker buildx build -f packages/pod/Dockerfile --platform linux/arm64 -t "$REPOSITORY:$(git rev-parse HEAD)" --push .':
    notRunBecause('the emulated registry has no server for Docker; the rehearsal puts a manifest there'),
  "kubectl kustomize k8s/overlays/local | sed -E 's/warm-pods:(api|refill)/warm-pods-ada:\\1/g s/(namespace|^  name): warm-pods$/\\1: warm-pods-ada/; s/warm-pods-functions/warm-pods-ada-functions/' | kubectl apply --server-side -f -":
    notRunBecause('it prepares a cluster for a personal stage, and the rehearsal deploys none'),

  'aws sts get-caller-identity': AWAKE,
  'aws eks update-kubeconfig --name warm-pods-production': AWAKE,
  'aws ecr describe-images --repository-name warm-pods-production-pod': AWAKE,
  'kubectl -n warm-pods get jobs,pods': AWAKE,
  'kubectl -n warm-pods get events --sort-by=.lastTimestamp': AWAKE,
  'kubectl -n warm-pods describe quota cap': AWAKE,
  'kubectl -n warm-pods get pods,targetgroupbindings': AWAKE,
  'kubectl -n kube-system get configmap amazon-vpc-cni': AWAKE,
  'kubectl describe nodepool warm-pods': AWAKE,
  'kubectl get nodeclaims': notRunBecause('only EKS Auto Mode has this kind'),
  'kubectl get nodeclass default -o yaml': notRunBecause('only EKS Auto Mode has this object'),

  'aws dynamodb update-table --table-name warm-pods-production-pool --no-deletion-protection-enabled':
    REMOVAL,
  'aws dynamodb update-table --table-name warm-pods-production-sessions --no-deletion-protection-enabled':
    REMOVAL,
  'aws ecr delete-repository --repository-name warm-pods-production-pod --force': REMOVAL,
  'npx sst remove --stage production': REMOVAL,
  'aws dynamodb delete-table --table-name …': REMAINS,
  'aws logs delete-log-group --log-group-name /aws/eks/warm-pods-production/cluster': REMAINS,
  'aws ssm delete-parameter --name /sst/passphrase/warm-pods/production': REMAINS,
  "aws resourcegroupstaggingapi get-resources --tag-filters Key=project,Values=warm-pods --query 'ResourceTagMappingList[].ResourceARN'":
    PROOF,
  "aws ec2 describe-instances --filters Name=tag:eks:eks-cluster-name,Values=warm-pods-production Name=instance-state-name,Values=pending,running --query 'Reservations[].Instances[].InstanceId'":
    PROOF,
  "aws eks list-clusters; aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerName'":
    PROOF,
  "aws ec2 describe-volumes --filters Name=status,Values=available --query 'Volumes[].VolumeId'": PROOF,
}

/** @returns the commands that the rehearsal runs in this phase, in the order of the table. */
export function commandsOf(phase: Phase): string[] {
  return Object.entries(COMMANDS).flatMap(([command, by]) =>
    'rehearsal' in by && by.rehearsal === phase ? [command] : [],
  )
}
