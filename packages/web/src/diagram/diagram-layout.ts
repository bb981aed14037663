import type { BoxName, EdgeName } from './flows.ts'

/** Places of the boxes and paths of the edges, in units of the drawing. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly box: { readonly width: number; readonly height: number }
  readonly boxes: Record<BoxName, readonly [x: number, y: number]>
  readonly edges: Record<EdgeName, string>
}

/** For wide windows: the request along the top, the socket along the bottom, the pool's work to the right. */
export const WIDE: Layout = {
  width: 1000,
  height: 304,
  box: { width: 190, height: 64 },
  boxes: {
    page: [0, 0],
    api: [270, 0],
    table: [540, 0],
    controller: [810, 0],
    refill: [540, 120],
    kubernetes: [810, 120],
    worker: [0, 240],
    gateway: [405, 240],
    pod: [810, 240],
  },
  edges: {
    'page-api': 'M190 32H270',
    'api-table': 'M460 32H540',
    'api-refill': 'M400 64V152H540',
    'api-kubernetes': 'M330 64V212H850V184',
    'refill-table': 'M635 120V64',
    'refill-kubernetes': 'M730 152H810',
    'kubernetes-controller': 'M905 120V64',
    'kubernetes-pod': 'M905 184V240',
    'page-worker': 'M95 64V240',
    'worker-gateway': 'M190 272H405',
    'gateway-pod': 'M595 272H810',
  },
}

/** For phones: the socket down the left side, the request down the right. */
export const TALL: Layout = {
  width: 356,
  height: 464,
  box: { width: 158, height: 64 },
  boxes: {
    page: [0, 0],
    worker: [0, 100],
    gateway: [0, 200],
    pod: [0, 300],
    api: [188, 0],
    table: [188, 100],
    refill: [188, 200],
    kubernetes: [188, 300],
    controller: [188, 400],
  },
  edges: {
    'page-api': 'M158 32H188',
    'api-table': 'M267 64V100',
    'api-refill': 'M346 20H352V232H346',
    'api-kubernetes': 'M188 48H174V318H188',
    'refill-table': 'M267 200V164',
    'refill-kubernetes': 'M267 264V300',
    'kubernetes-controller': 'M267 364V400',
    'kubernetes-pod': 'M188 340H158',
    'page-worker': 'M79 64V100',
    'worker-gateway': 'M79 164V200',
    'gateway-pod': 'M79 264V300',
  },
}
