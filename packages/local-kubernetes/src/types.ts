/**
 * The Kubernetes kinds of this engine, with the fields that it reads or writes. Other fields (volumes, affinity, …) are
 * `unknown`: the engine checks their names and types by registry/fields.ts and stores them unchanged.
 */

/** metav1.OwnerReference. */
export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** metav1.ObjectMeta. Times are RFC 3339 in whole seconds. */
export interface ObjectMeta {
  name: string
  generateName?: string
  namespace?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

export interface ProbeSpec {
  httpGet?: {
    path?: string
    port: number | string
    host?: string
    httpHeaders?: { name: string; value: string }[]
  }
  tcpSocket?: { port: number | string; host?: string }
  initialDelaySeconds?: number
  timeoutSeconds: number
  periodSeconds: number
  successThreshold: number
  failureThreshold: number
  terminationGracePeriodSeconds?: number
}

export interface EnvVar {
  name: string
  value?: string
  valueFrom?: { fieldRef?: { fieldPath: string }; [source: string]: unknown }
}

export interface Container {
  name: string
  image: string
  imagePullPolicy: string
  command?: string[]
  args?: string[]
  env?: EnvVar[]
  envFrom?: unknown[]
  ports?: { name?: string; containerPort: number; protocol: string }[]
  resources: { limits?: Record<string, string>; requests?: Record<string, string> }
  readinessProbe?: ProbeSpec
  livenessProbe?: ProbeSpec
  startupProbe?: ProbeSpec
  securityContext?: Record<string, unknown>
  [field: string]: unknown
}

/** A repulsion of a node for pods without a matching toleration. */
export interface Taint {
  key: string
  value?: string
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  timeAdded?: string
}
/** Tolerates every taint that its set fields match. */
export interface Toleration {
  key?: string
  operator?: 'Exists' | 'Equal'
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export interface PodSpec {
  containers: Container[]
  initContainers?: Container[]
  restartPolicy: 'Always' | 'OnFailure' | 'Never'
  terminationGracePeriodSeconds: number
  activeDeadlineSeconds?: number
  nodeName?: string
  nodeSelector?: Record<string, string>
  tolerations?: Toleration[]
  serviceAccountName?: string
  securityContext?: Record<string, unknown>
  [field: string]: unknown
}

/** A condition of a pod, a job or a node. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  observedGeneration?: number
  lastProbeTime?: string | null
  lastHeartbeatTime?: string
  lastTransitionTime: string
  reason?: string
  message?: string
}

export interface Terminated {
  exitCode: number
  reason: string
  message?: string
  startedAt: string | null
  finishedAt: string | null
  containerID?: string
}
/** In `state` exactly one of the three is set; `lastState` may be empty. */
export interface ContainerState {
  waiting?: { reason: string; message?: string }
  running?: { startedAt: string }
  terminated?: Terminated
}
export interface ContainerStatus {
  name: string
  state: ContainerState
  lastState: ContainerState
  ready: boolean
  restartCount: number
  image: string
  imageID: string
  containerID?: string
  started: boolean
  resources?: unknown
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'
export interface PodStatus {
  observedGeneration?: number
  phase: PodPhase
  conditions?: Condition[]
  reason?: string
  message?: string
  hostIP?: string
  hostIPs?: { ip: string }[]
  podIP?: string
  podIPs?: { ip: string }[]
  startTime?: string
  containerStatuses?: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
  qosClass?: string
}
export interface Pod {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec: PodSpec
  status: PodStatus
}

export interface PodFailurePolicyRule {
  action: 'FailJob' | 'Ignore' | 'Count' | 'FailIndex'
  onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] }
  onPodConditions?: { type: string; status: string }[]
}
export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string>; finalizers?: string[] }
  spec: PodSpec
}
export interface JobSpec {
  parallelism: number
  completions?: number
  activeDeadlineSeconds?: number
  backoffLimit: number
  selector: LabelSelector
  manualSelector?: boolean
  template: PodTemplate
  ttlSecondsAfterFinished?: number
  completionMode: string
  suspend: boolean
  podReplacementPolicy: 'TerminatingOrFailed' | 'Failed'
  podFailurePolicy?: { rules: PodFailurePolicyRule[] }
  [field: string]: unknown
}
export interface JobStatus {
  conditions?: Condition[]
  startTime?: string
  completionTime?: string
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
}
export interface Job {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec: JobSpec
  status: JobStatus
}

export interface Namespace {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec: { finalizers?: string[] }
  status: { phase: 'Active' | 'Terminating'; conditions?: Condition[] }
}
export interface ResourceQuota {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec: { hard?: Record<string, string> }
  status: { hard?: Record<string, string>; used?: Record<string, string> }
}
export interface ObjectReference {
  apiVersion: string
  kind: string
  namespace?: string
  name: string
  uid: string
  resourceVersion?: string
  fieldPath?: string
}
export interface KubeEvent {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  involvedObject: ObjectReference
  reason: string
  message: string
  source: { component?: string; host?: string }
  firstTimestamp: string | null
  lastTimestamp: string | null
  count?: number
  type: 'Normal' | 'Warning'
  eventTime: string | null
  action?: string
  reportingComponent: string
  reportingInstance: string
}
export interface Node {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec: { unschedulable?: boolean; taints?: Taint[]; providerID?: string; [field: string]: unknown }
  status: {
    conditions: Condition[]
    addresses: { type: string; address: string }[]
    nodeInfo: Record<string, string>
    [field: string]: unknown
  }
}

/** The objects in the store, by resource name. */
export interface Kinds {
  namespaces: Namespace
  pods: Pod
  jobs: Job
  events: KubeEvent
  resourcequotas: ResourceQuota
  nodes: Node
}
export type ResourceName = keyof Kinds
/** Any object of the store. The generic code of the API needs only its metadata. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: object
  status?: object
}
