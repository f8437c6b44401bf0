import { describeLargestState } from '../../conformance/largest.ts';
import { describeStore } from '../../conformance/suite.ts';
import { usePostgres } from '../../support/postgres/medium.ts';
import { POSTGRES_TRAITS } from '../../support/postgres/traits.ts';

const postgres = usePostgres();
const driver = { traits: POSTGRES_TRAITS, open: () => postgres.open() };

describeStore(driver);
describeLargestState(driver);
