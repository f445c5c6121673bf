import type { VNode } from 'preact';
import { useApi } from '../api/use';
import type { PublicSettings } from '../api/types';
import { Badge, Facts, Loaded, Out, Page, Panel, Skeleton } from '../ui';

interface Licence {
  name: string;
  version: string;
  licence: string;
  from: string;
  part: string;
  url: string;
  text: string;
}

const parts: Record<string, string> = { dashboard: 'This page', backoffice: 'Backoffice', engine: 'Engine' };

export default function About(): VNode {
  const settings = useApi<PublicSettings>('/settings', { every: 0 });
  const licences = useApi<Licence[]>('/licences.json', { every: 0 });
  return (
    <Page
      title="About"
      lead="Viddhana: a Stratum engine that never forgets a share, and a backoffice that keeps the books and pays."
    >
      <div class="columns columns-even">
        <Panel title="This installation">
          <Facts
            of={[
              ['Version', settings.data?.version ?? '–'],
              ['Engines', settings.data?.engines ?? '–'],
              ['API', <a href="/openapi/v1.json">OpenAPI document</a>],
              ['Health', <a href="/health">Dependencies, one by one</a>],
              ['Ledger', <a href="/api/v1/ledger/audit">Audit: do the books balance?</a>],
            ]}
          />
        </Panel>
        <Panel title="Your privacy">
          <ul class="plain">
            <li>This page asks nobody but this pool: no other host, no tracker, no advertisement.</li>
            <li>Your browser remembers the theme and the pool you chose, nothing else, unless you sign in.</li>
            <li>An address is public, as it is on the chain; who is behind it is not asked.</li>
          </ul>
        </Panel>
      </div>
      <Panel title="Made of" hint="What is bundled, with its licence; read from the packages when this was built">
        <Loaded
          of={licences}
          skeleton={
            <div class="licences-wait">
              <Skeleton lines={9} tall />
            </div>
          }
        >
          {all => (
            <div class="licences">
              {all.map(l => (
                <details key={`${l.part}-${l.name}`}>
                  <summary>
                    <b>{l.name}</b> <span class="quiet num">{l.version}</span> <Badge>{parts[l.part] ?? l.part}</Badge>{' '}
                    <Badge tone="info">{l.licence}</Badge>
                  </summary>
                  {l.url ? (
                    <p>
                      <Out href={l.url}>{l.url}</Out>
                    </p>
                  ) : null}
                  {l.text ? <pre tabIndex={0}>{l.text}</pre> : null}
                </details>
              ))}
            </div>
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}
