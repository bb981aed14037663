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
  height: 256,
  box: { width: 190, height: 64 },
  boxes: {
    page: [0, 0],
    api: [270, 0],
    table: [540, 0],
    controller: [810, 0],
    refill: [540, 96],
    kubernetes: [810, 96],
    worker: [0, 192],
    gateway: [405, 192],
    pod: [810, 192],
  },
  edges: {
    'page-api': 'M190 32H270',
    'api-table': 'M460 32H540',
    'api-refill': 'M400 64V128H540',
    'api-kubernetes': 'M330 64V176H850V160',
    'refill-table': 'M635 96V64',
    'refill-kubernetes': 'M730 128H810',
    'kubernetes-controller': 'M905 96V64',
    'kubernetes-pod': 'M905 160V192',
    'page-worker': 'M95 64V192',
    'worker-gateway': 'M190 224H405',
    'gateway-pod': 'M595 224H810',
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
