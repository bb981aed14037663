/** The parts of an image reference, such as `localhost:5000/warm-pods/pod:dev`. */
export interface ImageName {
  /** `localhost:5000`; undefined when the reference names no registry, which means Docker Hub. */
  readonly registry: string | undefined
  /** `warm-pods/pod:dev`: the path with its tag or digest. */
  readonly path: string
}

/**
 * Splits an image reference. Its first segment is a registry when it contains a dot or a port, or is `localhost`:
 * https://pkg.go.dev/github.com/distribution/reference (`splitDockerDomain`).
 */
export function splitImageName(image: string): ImageName {
  const [first = '', ...rest] = image.split('/')
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return isRegistry ? { registry: first, path: rest.join('/') } : { registry: undefined, path: image }
}
