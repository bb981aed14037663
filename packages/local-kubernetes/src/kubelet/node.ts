/** The one node: this machine, as a kubelet describes its node. */

import { arch, cpus, platform, release, type as systemName, totalmem } from 'node:os'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import type { Condition, Node } from '../types.ts'

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' }

export interface NodeOptions {
  nodeName: string
  zone: string
  region: string
  version: string
  address: string
}

function conditions(now: string): Condition[] {
  const row = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => ({
    type,
    status,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason,
    message,
  })
  return [
    row('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    row('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    row('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    row('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ]
}

function labels({ nodeName, zone, region }: NodeOptions): Record<string, string> {
  const architecture = ARCHITECTURES[arch()] ?? arch()
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': platform(),
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': platform(),
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': zone,
  }
}

/**
 * Registers the node, and again `againMs` after a client has deleted it. A real kubelet registers its node when it starts; the
 * service manager of most clusters restarts it after 10 s. The pods run on in the meantime, and new pods wait.
 */
export function keepNodeRegistered(store: Store, options: NodeOptions, againMs: number): { close(): void } {
  const register = (): unknown => store.put('nodes', describeNode(options))
  let timer: NodeJS.Timeout | undefined
  const unsubscribe = store.subscribe(({ type, resource }) => {
    if (resource === 'nodes' && type === 'DELETED') timer = setTimeout(register, againMs)
  })
  register()
  return {
    close() {
      unsubscribe()
      clearTimeout(timer)
    },
  }
}

/** Returns the node object. `address` becomes its InternalIP. */
function describeNode(options: NodeOptions): Node {
  const { nodeName, version, address } = options
  const now = timestamp()
  const capacity = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '110' }
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: nodeName,
      uid: crypto.randomUUID(),
      resourceVersion: '',
      creationTimestamp: now,
      labels: labels(options),
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      conditions: conditions(now),
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: nodeName },
      ],
      nodeInfo: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: release(),
        osImage: `${systemName()} (this machine)`,
        containerRuntimeVersion: `process://${process.versions.node}`,
        kubeletVersion: version,
        kubeProxyVersion: '',
        operatingSystem: platform(),
        architecture: ARCHITECTURES[arch()] ?? arch(),
      },
      images: [],
    },
  }
}
