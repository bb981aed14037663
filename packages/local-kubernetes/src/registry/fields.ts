/**
 * Every field of the objects that this server accepts, by type, for strict field validation. The source is the OpenAPI
 * document of Kubernetes 1.36 (api/openapi-spec/swagger.json). A type in lower case is a scalar, `X[]` a list, `map:X`
 * a map; `any` is not checked.
 */

/** The type's name and its `field=type` pairs. */
export const FIELDS: Readonly<Record<string, string>> = {
  AppArmorProfile: 'localhostProfile=string type=string',
  Capabilities: 'add=string[] drop=string[]',
  ConfigMapEnvSource: 'name=string optional=boolean',
  ConfigMapKeySelector: 'key=string name=string optional=boolean',
  ConfigMapVolumeSource: 'defaultMode=int32 items=KeyToPath[] name=string optional=boolean',
  Container:
    'args=string[] command=string[] env=EnvVar[] envFrom=EnvFromSource[] image=string imagePullPolicy=string lifecycle=Lifecycle livenessProbe=Probe name=string ports=ContainerPort[] readinessProbe=Probe resizePolicy=ContainerResizePolicy[] resources=ResourceRequirements restartPolicy=string restartPolicyRules=ContainerRestartRule[] securityContext=SecurityContext startupProbe=Probe stdin=boolean stdinOnce=boolean terminationMessagePath=string terminationMessagePolicy=string tty=boolean volumeDevices=VolumeDevice[] volumeMounts=VolumeMount[] workingDir=string',
  ContainerPort: 'containerPort=int32 hostIP=string hostPort=int32 name=string protocol=string',
  ContainerResizePolicy: 'resourceName=string restartPolicy=string',
  ContainerRestartRule: 'action=string exitCodes=ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'operator=string values=int32[]',
  DeleteOptions:
    'apiVersion=string dryRun=string[] gracePeriodSeconds=int64 ignoreStoreReadErrorWithClusterBreakingPotential=boolean kind=string orphanDependents=boolean preconditions=Preconditions propagationPolicy=string',
  DownwardAPIVolumeFile:
    'fieldRef=ObjectFieldSelector mode=int32 path=string resourceFieldRef=ResourceFieldSelector',
  DownwardAPIVolumeSource: 'defaultMode=int32 items=DownwardAPIVolumeFile[]',
  EmptyDirVolumeSource: 'medium=string sizeLimit=quantity',
  EnvFromSource: 'configMapRef=ConfigMapEnvSource prefix=string secretRef=SecretEnvSource',
  EnvVar: 'name=string value=string valueFrom=EnvVarSource',
  EnvVarSource:
    'configMapKeyRef=ConfigMapKeySelector fieldRef=ObjectFieldSelector fileKeyRef=FileKeySelector resourceFieldRef=ResourceFieldSelector secretKeyRef=SecretKeySelector',
  Event:
    'action=string apiVersion=string count=int32 eventTime=string firstTimestamp=string involvedObject=ObjectReference kind=string lastTimestamp=string message=string metadata=ObjectMeta reason=string related=ObjectReference reportingComponent=string reportingInstance=string series=EventSeries source=EventSource type=string',
  EventSeries: 'count=int32 lastObservedTime=string',
  EventSource: 'component=string host=string',
  ExecAction: 'command=string[]',
  FileKeySelector: 'key=string optional=boolean path=string volumeName=string',
  GRPCAction: 'port=int32 service=string',
  HTTPGetAction: 'host=string httpHeaders=HTTPHeader[] path=string port=intOrString scheme=string',
  HTTPHeader: 'name=string value=string',
  HostAlias: 'hostnames=string[] ip=string',
  HostPathVolumeSource: 'path=string type=string',
  Job: 'apiVersion=string kind=string metadata=ObjectMeta spec=JobSpec status=any',
  JobSpec:
    'activeDeadlineSeconds=int64 backoffLimit=int32 backoffLimitPerIndex=int32 completionMode=string completions=int32 managedBy=string manualSelector=boolean maxFailedIndexes=int32 parallelism=int32 podFailurePolicy=PodFailurePolicy podReplacementPolicy=string selector=LabelSelector successPolicy=any suspend=boolean template=PodTemplateSpec ttlSecondsAfterFinished=int32',
  KeyToPath: 'key=string mode=int32 path=string',
  LabelSelector: 'matchExpressions=LabelSelectorRequirement[] matchLabels=map:string',
  LabelSelectorRequirement: 'key=string operator=string values=string[]',
  Lifecycle: 'postStart=LifecycleHandler preStop=LifecycleHandler stopSignal=string',
  LifecycleHandler: 'exec=ExecAction httpGet=HTTPGetAction sleep=SleepAction tcpSocket=TCPSocketAction',
  LocalObjectReference: 'name=string',
  Namespace: 'apiVersion=string kind=string metadata=ObjectMeta spec=NamespaceSpec status=any',
  NamespaceSpec: 'finalizers=string[]',
  ObjectFieldSelector: 'apiVersion=string fieldPath=string',
  ObjectMeta:
    'annotations=map:string creationTimestamp=string deletionGracePeriodSeconds=int64 deletionTimestamp=string finalizers=string[] generateName=string generation=int64 labels=map:string managedFields=any[] name=string namespace=string ownerReferences=OwnerReference[] resourceVersion=string selfLink=string uid=string',
  ObjectReference:
    'apiVersion=string fieldPath=string kind=string name=string namespace=string resourceVersion=string uid=string',
  OwnerReference:
    'apiVersion=string blockOwnerDeletion=boolean controller=boolean kind=string name=string uid=string',
  Pod: 'apiVersion=string kind=string metadata=ObjectMeta spec=PodSpec status=any',
  PodDNSConfig: 'nameservers=string[] options=PodDNSConfigOption[] searches=string[]',
  PodDNSConfigOption: 'name=string value=string',
  PodFailurePolicy: 'rules=PodFailurePolicyRule[]',
  PodFailurePolicyOnExitCodesRequirement: 'containerName=string operator=string values=int32[]',
  PodFailurePolicyOnPodConditionsPattern: 'status=string type=string',
  PodFailurePolicyRule:
    'action=string onExitCodes=PodFailurePolicyOnExitCodesRequirement onPodConditions=PodFailurePolicyOnPodConditionsPattern[]',
  PodOS: 'name=string',
  PodReadinessGate: 'conditionType=string',
  PodSchedulingGate: 'name=string',
  PodSecurityContext:
    'appArmorProfile=AppArmorProfile fsGroup=int64 fsGroupChangePolicy=string runAsGroup=int64 runAsNonRoot=boolean runAsUser=int64 seLinuxChangePolicy=string seLinuxOptions=SELinuxOptions seccompProfile=SeccompProfile supplementalGroups=int64[] supplementalGroupsPolicy=string sysctls=Sysctl[] windowsOptions=any',
  PodSpec:
    'activeDeadlineSeconds=int64 affinity=any automountServiceAccountToken=boolean containers=Container[] dnsConfig=PodDNSConfig dnsPolicy=string enableServiceLinks=boolean ephemeralContainers=any[] hostAliases=HostAlias[] hostIPC=boolean hostNetwork=boolean hostPID=boolean hostUsers=boolean hostname=string hostnameOverride=string imagePullSecrets=LocalObjectReference[] initContainers=Container[] nodeName=string nodeSelector=map:string os=PodOS overhead=map:quantity preemptionPolicy=string priority=int32 priorityClassName=string readinessGates=PodReadinessGate[] resourceClaims=any[] resources=ResourceRequirements restartPolicy=string runtimeClassName=string schedulerName=string schedulingGates=PodSchedulingGate[] schedulingGroup=any securityContext=PodSecurityContext serviceAccount=string serviceAccountName=string setHostnameAsFQDN=boolean shareProcessNamespace=boolean subdomain=string terminationGracePeriodSeconds=int64 tolerations=Toleration[] topologySpreadConstraints=TopologySpreadConstraint[] volumes=Volume[]',
  PodTemplateSpec: 'metadata=ObjectMeta spec=PodSpec',
  Preconditions: 'resourceVersion=string uid=string',
  Probe:
    'exec=ExecAction failureThreshold=int32 grpc=GRPCAction httpGet=HTTPGetAction initialDelaySeconds=int32 periodSeconds=int32 successThreshold=int32 tcpSocket=TCPSocketAction terminationGracePeriodSeconds=int64 timeoutSeconds=int32',
  ResourceClaim: 'name=string request=string',
  ResourceFieldSelector: 'containerName=string divisor=quantity resource=string',
  ResourceQuota: 'apiVersion=string kind=string metadata=ObjectMeta spec=ResourceQuotaSpec status=any',
  ResourceQuotaSpec: 'hard=map:quantity scopeSelector=ScopeSelector scopes=string[]',
  ResourceRequirements: 'claims=ResourceClaim[] limits=map:quantity requests=map:quantity',
  SELinuxOptions: 'level=string role=string type=string user=string',
  ScopeSelector: 'matchExpressions=ScopedResourceSelectorRequirement[]',
  ScopedResourceSelectorRequirement: 'operator=string scopeName=string values=string[]',
  SeccompProfile: 'localhostProfile=string type=string',
  SecretEnvSource: 'name=string optional=boolean',
  SecretKeySelector: 'key=string name=string optional=boolean',
  SecretVolumeSource: 'defaultMode=int32 items=KeyToPath[] optional=boolean secretName=string',
  SecurityContext:
    'allowPrivilegeEscalation=boolean appArmorProfile=AppArmorProfile capabilities=Capabilities privileged=boolean procMount=string readOnlyRootFilesystem=boolean runAsGroup=int64 runAsNonRoot=boolean runAsUser=int64 seLinuxOptions=SELinuxOptions seccompProfile=SeccompProfile windowsOptions=any',
  SleepAction: 'seconds=int64',
  Sysctl: 'name=string value=string',
  TCPSocketAction: 'host=string port=intOrString',
  Toleration: 'effect=string key=string operator=string tolerationSeconds=int64 value=string',
  TopologySpreadConstraint:
    'labelSelector=LabelSelector matchLabelKeys=string[] maxSkew=int32 minDomains=int32 nodeAffinityPolicy=string nodeTaintsPolicy=string topologyKey=string whenUnsatisfiable=string',
  Volume:
    'awsElasticBlockStore=any azureDisk=any azureFile=any cephfs=any cinder=any configMap=ConfigMapVolumeSource csi=any downwardAPI=DownwardAPIVolumeSource emptyDir=EmptyDirVolumeSource ephemeral=any fc=any flexVolume=any flocker=any gcePersistentDisk=any gitRepo=any glusterfs=any hostPath=HostPathVolumeSource image=any iscsi=any name=string nfs=any persistentVolumeClaim=any photonPersistentDisk=any portworxVolume=any projected=any quobyte=any rbd=any scaleIO=any secret=SecretVolumeSource storageos=any vsphereVolume=any',
  VolumeDevice: 'devicePath=string name=string',
  VolumeMount:
    'mountPath=string mountPropagation=string name=string readOnly=boolean recursiveReadOnly=string subPath=string subPathExpr=string',
}
