import { AlarmsPanel } from '../parts/service/alarms-panel.tsx';
import { CountsPanel } from '../parts/service/counts-panel.tsx';
import { DoctorPanel } from '../parts/service/doctor-panel.tsx';
import { StorePanel } from '../parts/service/store-panel.tsx';
import { SweepPanel } from '../parts/service/sweep-panel.tsx';
import { stats } from '../state/stats.ts';

/** The store and what it guarantees, and what the service has found out about itself. */
export function ServicePage() {
  const facts = stats.value;
  return (
    <>
      <h1>Service</h1>
      {facts === null ? (
        <p class="muted">Loading…</p>
      ) : (
        <div class="service">
          <CountsPanel facts={facts} />
          <StorePanel facts={facts} />
          <AlarmsPanel facts={facts} />
          <DoctorPanel verdict={facts.doctor} />
          <SweepPanel report={facts.sweep} />
        </div>
      )}
    </>
  );
}
