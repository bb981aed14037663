/**
 * Loads the code of all services and starts none, so that Node's compile cache has it when it exits. A process that finds its
 * code there does not load the compiler of TypeScript. That takes 25 MB of memory as long as the process lives.
 */
import { loadServicesOnly } from '../supervisor/run-service.ts'

loadServicesOnly()
await Promise.all([
  import('./dynamodb.ts'),
  import('./kubernetes.ts'),
  import('./refill.ts'),
  import('./dev-server.ts'),
  // The services load these on first use.
  import('@warm-pods/functions/kubernetes/adapter.ts'),
  import('@warm-pods/functions/sessions/poll-pod.ts'),
  import('@warm-pods/core/api/openapi.ts'),
])
