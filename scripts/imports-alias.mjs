/** The alias `@` of packages/web, in the form that dependency-cruiser reads. */
import { join } from 'node:path'

export default { resolve: { alias: { '@': join(import.meta.dirname, '../packages/web/src') } } }
