import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { Badge } from '@/components/ui/badge'
import { Chapter } from '../components/chapter.tsx'
import { COMPONENTS, JOB_SPEC } from '../copy/chapters.ts'
import { BADGES, BOXES } from '../copy/diagram.ts'
import { BOX_NAMES } from '../diagram/diagram-text.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import { sourceOf } from '../lib/source.ts'

/** Every component with its source, and the settings of each Job. */
export function Components({ pool }: { pool: Pool }) {
  const kind = kindOf(pool.cluster)
  return (
    <Chapter lead={COMPONENTS.lead}>
      <ul className="grid gap-x-8 border-t sm:grid-cols-2 lg:grid-cols-3">
        {BOX_NAMES.map((name) => {
          const { name: title, is, does, file } = BOXES[name]
          return (
            <li key={name} className="border-b py-1.5 text-sm">
              <Named name={title} file={file[kind] ?? file.cluster} />
              <span className="text-muted-foreground">{` (${is[kind]})`}</span>
              <span className="block text-muted-foreground">
                {does.replace('{target}', `${pool.target}`)}
              </span>
            </li>
          )
        })}
      </ul>
      <p className="pt-3 text-sm text-muted-foreground">
        <Named name={COMPONENTS.job} file={JOB_SPEC.file} />
        <span className="font-mono text-xs" translate="no">
          {` ${JOB_SPEC.fields.map(([field, value]) => `${field}: ${value}`).join(' · ')}`}
        </span>
      </p>
      <p className="flex flex-wrap items-center gap-1.5 pt-3 text-sm text-muted-foreground">
        <span className="pr-1.5">{COMPONENTS.built}</span>
        {BADGES.map((badge) => (
          <Badge key={badge}>{badge}</Badge>
        ))}
      </p>
    </Chapter>
  )
}

/** A name, as a link to its source if the build has the URL. @param file from the repository's root. */
function Named({ name, file }: { name: string; file: string }) {
  const source = sourceOf(file)
  return source ? (
    <a href={source} className="font-semibold underline underline-offset-4">
      {name}
    </a>
  ) : (
    <span className="font-semibold text-foreground">{name}</span>
  )
}
