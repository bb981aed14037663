export default function RunBar(_props: { visit: unknown; probe: unknown }) {
  return null
}
