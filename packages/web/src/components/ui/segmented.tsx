import { RadioGroup } from 'radix-ui'
import { cn } from '@/lib/utils'

interface Props<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
  readonly className?: string
}

/** A radio group (arrow keys, one tab stop) that looks like a segmented switch. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  className,
}: Props<Value>) {
  const choose = (chosen: string) => {
    const option = options.find((candidate) => candidate.value === chosen)
    if (option) onChange(option.value)
  }
  return (
    <div className={cn('flex flex-wrap items-center gap-x-3 gap-y-1', className)}>
      <span className="text-sm text-muted-foreground" aria-hidden="true">
        {label}
      </span>
      <RadioGroup.Root
        aria-label={label}
        value={value}
        onValueChange={choose}
        className="flex border border-foreground/25"
      >
        {options.map((option) => (
          <RadioGroup.Item
            key={option.value}
            value={option.value}
            className="min-h-11 whitespace-nowrap px-3 text-sm text-muted-foreground forced-color-adjust-none not-first:border-l not-first:border-foreground/25 hover:text-foreground data-[state=checked]:bg-foreground data-[state=checked]:text-background"
          >
            {option.label}
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
    </div>
  )
}
