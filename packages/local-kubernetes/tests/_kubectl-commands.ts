/**
 * Commands of kubectl and what this engine makes of them. `kubectl.test.ts` runs them in this order, and compares them with
 * the tables of the README.
 */

export interface Command {
  /** The commands that the README lists. */
  documents: readonly string[]
  /** The arguments. POD, JOB and NODE stand for objects of the test; a part with spaces is in single quotes. */
  run: string
  /** Standard input: the manifest of the test's Job, or that manifest with a field that does not exist. */
  input?: 'job' | 'misspelt job'
  /** Matches its output, of both streams. */
  prints: RegExp
  /** Whether the server or kubectl refuses it. */
  refused?: true
}

const UNSCHEDULABLE =
  /FailedScheduling.*0\/1 nodes are available: 1 node\(s\) were unschedulable\. no new claims to deallocate, preemption: 0\/1 nodes are available: 1 Preemption is not helpful for scheduling\./

export const COMMANDS: readonly Command[] = [
  { documents: ['version'], run: 'version', prints: /Server Version: v1\.36/ },
  { documents: ['api-resources'], run: 'api-resources -o name', prints: /^jobs\.batch$/m },
  { documents: ['api-versions'], run: 'api-versions', prints: /^batch\/v1$/m },
  { documents: ['config'], run: 'config current-context', prints: /^test$/m },
  { documents: ['get --raw'], run: 'get --raw /readyz', prints: /^ok$/ },
  { documents: ['auth'], run: 'auth can-i create jobs', prints: /^yes$/m },
  { documents: ['auth'], run: 'auth can-i --list', prints: /\*\.\*\s+\[\]\s+\[\]\s+\[\*\]/ },
  { documents: ['auth'], run: 'auth whoami', prints: /system:anonymous/ },
  { documents: ['explain'], run: 'explain jobs.spec.suspend', prints: /FIELD: suspend <boolean>/ },
  {
    documents: ['explain'],
    run: 'explain jobs.bogus',
    prints: /field "bogus" does not exist/,
    refused: true,
  },
  { documents: ['create'], run: 'create quota q --hard=pods=10', prints: /resourcequota\/q created/ },
  { documents: ['create'], run: 'create job hello --image=none:1', prints: /job\.batch\/hello created/ },
  { documents: ['create'], run: 'create -f -', input: 'job', prints: /job\.batch\/j created/ },
  {
    documents: ['create'],
    run: 'create -f -',
    input: 'misspelt job',
    prints: /strict decoding error: unknown field "spec\.bogus"/,
    refused: true,
  },
  { documents: ['apply'], run: 'apply -f -', input: 'job', prints: /job\.batch\/j configured/ },
  { documents: ['diff'], run: 'diff -f -', input: 'job', prints: /^$/ },
  { documents: ['run'], run: 'run solo --image=none:1 --restart=Never', prints: /pod\/solo created/ },
  {
    documents: ['wait'],
    run: 'wait --for=condition=Ready pod -l job-name=j --timeout=15s',
    prints: /condition met/,
  },
  { documents: ['get'], run: 'get pods,jobs -o wide', prints: /j-\w{5}\s+1\/1\s+Running/ },
  { documents: ['get'], run: 'get POD -o jsonpath={.status.phase}', prints: /^Running$/ },
  { documents: ['get'], run: 'get nodes -o custom-columns=N:.metadata.name', prints: /^NODE$/m },
  { documents: ['describe'], run: 'describe POD', prints: /Successfully assigned/ },
  { documents: ['describe'], run: 'describe node', prints: /Taints:\s+<none>/ },
  { documents: ['events'], run: 'events', prints: /Created pod: j-\w{5}/ },
  { documents: ['logs'], run: 'logs POD --tail=5', prints: /listening on port 8080/ },
  { documents: ['label'], run: 'label POD x=y', prints: /labeled/ },
  { documents: ['annotate'], run: 'annotate POD x=y', prints: /annotated/ },
  {
    documents: ['patch'],
    run: `patch POD --type=merge -p '{"metadata":{"labels":{"x":"z"}}}'`,
    prints: /patched/,
  },
  {
    documents: ['patch'],
    run: `patch POD --type=json -p '[{"op":"remove","path":"/metadata/labels/x"}]'`,
    prints: /patched/,
  },
  {
    documents: ['patch'],
    run: `patch JOB --type=strategic -p '{"spec":{"suspend":false}}'`,
    prints: /patched/,
  },
  { documents: ['edit'], run: 'edit JOB', prints: /job\.batch\/j edited/ },
  { documents: ['set image'], run: 'set image JOB echo=none:2', prints: /field is immutable/, refused: true },
  {
    documents: ['rollout'],
    run: 'rollout status JOB',
    prints: /no status viewer has been implemented for Job/,
    refused: true,
  },
  {
    documents: ['scale'],
    run: 'scale --replicas=2 JOB',
    prints: /could not find the requested resource/,
    refused: true,
  },
  { documents: ['top'], run: 'top pods', prints: /Metrics API not available/, refused: true },
  {
    documents: ['exec', 'cp'],
    run: 'exec POD -- ls',
    prints:
      /this server runs no commands in containers: the containers of pod j-\w{5} are processes of this machine/,
    refused: true,
  },
  {
    documents: ['attach'],
    run: 'attach POD',
    prints: /this server attaches to no containers: kubectl logs -f prints the output of pod j-\w{5}/,
    refused: true,
  },
  {
    documents: ['port-forward'],
    run: 'port-forward POD 0:8080',
    prints: /this server forwards no ports: pod j-\w{5} listens at 127\.\d+\.\d+\.\d+:\d+ of this machine/,
    refused: true,
  },
  {
    documents: ['debug'],
    run: 'debug POD --image=none:1',
    prints:
      /this server adds no containers to a pod: the containers of pod j-\w{5} are processes of this machine/,
    refused: true,
  },
  {
    documents: ['apply --server-side'],
    run: 'apply --server-side -f -',
    input: 'job',
    prints: /this server has no server-side apply/,
    refused: true,
  },
  {
    documents: ['create configmap', 'create secret', 'create deployment'],
    run: 'create configmap c --from-literal=a=b',
    prints: /the server could not find the requested resource/,
    refused: true,
  },
  {
    documents: ['cluster-info'],
    run: 'cluster-info',
    prints: /the server doesn't have a resource type "services"/,
    refused: true,
  },
  { documents: ['taint'], run: 'taint nodes NODE a=b:NoSchedule', prints: /tainted/ },
  { documents: ['taint'], run: 'taint nodes NODE a=b:NoSchedule-', prints: /untainted/ },
  { documents: ['cordon'], run: 'cordon NODE', prints: /cordoned/ },
  { documents: ['cordon'], run: 'get nodes', prints: /Ready,SchedulingDisabled/ },
  {
    documents: ['drain'],
    run: 'drain NODE --force --timeout=20s',
    prints: /pod\/j-\w{5} evicted[\s\S]*drained/,
  },
  {
    documents: ['wait'],
    run: 'wait --for=condition=PodScheduled=False pod -l job-name=j --timeout=15s',
    prints: /condition met/,
  },
  { documents: ['events'], run: 'events --types=Warning', prints: UNSCHEDULABLE },
  { documents: ['uncordon'], run: 'uncordon NODE', prints: /uncordoned/ },
  {
    documents: ['wait'],
    run: 'wait --for=condition=Ready pod -l job-name=j --timeout=15s',
    prints: /condition met/,
  },
  { documents: ['delete'], run: 'delete pods --all --force --grace-period=0', prints: /force deleted/ },
  { documents: ['replace'], run: 'replace --force -f -', input: 'job', prints: /job\.batch\/j replaced/ },
  { documents: ['delete'], run: 'delete -f -', input: 'job', prints: /job\.batch "j" deleted/ },
  { documents: ['delete'], run: 'delete node NODE', prints: /node "node-1" deleted/ },
  { documents: ['create'], run: 'create ns other', prints: /namespace\/other created/ },
  { documents: ['delete'], run: 'delete ns other', prints: /namespace "other" deleted/ },
]
