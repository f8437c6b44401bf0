/*
 * The checks of regular states. Written by `npm run build:checks` from the schema of states: change that, and not this file.
 */

import { floatValue } from '../../json/number.ts';
import {
  bool,
  dictionary,
  float,
  floatBetween,
  freeObject,
  integer,
  integerDictionary,
  integerFrom,
  list,
  oneOf,
  orNull,
  text,
  time,
} from '../../schema/regular.ts';
import { modelCheck, OPTIONAL } from '../../schema/regular-model.ts';

const integerFrom1 = integerFrom(1);

const oneOf1 = oneOf(
  'pending',
  'ready',
  'dispatched',
  'in_progress',
  'waiting',
  'retry_scheduled',
  'fermata',
  'completed',
  'failed',
  'skipped',
  'cancelled',
);

const timeOrNull = orNull(time);

const integerOrNull = orNull(integer);

const textOrNull = orNull(text);

const oneOf2 = oneOf(
  'rate_limit',
  'transient',
  'validation',
  'auth',
  'network',
  'timeout',
  'signal',
  'fatal',
  'configuration',
  'preflight',
  'escalation',
);

const oneOf2OrNull = orNull(oneOf2);

const boolOrNull = orNull(bool);

const dictionaryFloat = dictionary(float);

const model1 = modelCheck({
  depth: 5,
  fields: [
    ['rule_type', text, OPTIONAL],
    ['description', textOrNull, OPTIONAL],
    ['path', textOrNull, OPTIONAL],
    ['pattern', textOrNull, OPTIONAL],
    ['passed', bool],
    ['actual_value', textOrNull, OPTIONAL],
    ['expected_value', textOrNull, OPTIONAL],
    ['error_message', textOrNull, OPTIONAL],
    ['checked_at', text, OPTIONAL],
    ['check_duration_ms', float, OPTIONAL],
    ['confidence', float, OPTIONAL],
    ['confidence_factors', dictionaryFloat, OPTIONAL],
    ['failure_reason', textOrNull, OPTIONAL],
    ['failure_category', textOrNull, OPTIONAL],
    ['suggested_fix', textOrNull, OPTIONAL],
    ['error_type', textOrNull, OPTIONAL],
  ],
});

const listModel1 = list(model1);

const listModel1OrNull = orNull(listModel1);

const oneOf3 = oneOf('completed', 'timeout', 'killed', 'error');

const oneOf3OrNull = orNull(oneOf3);

const floatOrNull = orNull(float);

const listText = list(text);

const oneOf4 = oneOf('normal', 'completion', 'retry');

const oneOf4OrNull = orNull(oneOf4);

const model2 = modelCheck({
  depth: 4,
  fields: [
    ['escalation_record_id', text, OPTIONAL],
    ['escalation_skipped', bool, OPTIONAL],
  ],
});

const model2OrNull = orNull(model2);

const floatBetween01 = floatBetween(0, 1);

const floatBetween01OrNull = orNull(floatBetween01);

const oneOf5 = oneOf(
  'success_first_try',
  'success_retry',
  'success_completion',
  'failed_exhausted',
  'failed_fatal',
  'skipped_by_escalation',
);

const oneOf5OrNull = orNull(oneOf5);

const model3 = modelCheck({
  depth: 4,
  fields: [
    ['character_count', integer, OPTIONAL],
    ['estimated_tokens', integer, OPTIONAL],
    ['line_count', integer, OPTIONAL],
    ['word_count', integer, OPTIONAL],
    ['has_file_references', bool, OPTIONAL],
    ['referenced_paths', listText, OPTIONAL],
  ],
});

const model3OrNull = orNull(model3);

const model4 = modelCheck({
  depth: 5,
  fields: [
    ['sheet_num', integer, OPTIONAL],
    ['bytes_received', integer, OPTIONAL],
    ['lines_received', integer, OPTIONAL],
    ['elapsed_seconds', float, OPTIONAL],
    ['phase', text, OPTIONAL],
    ['snapshot_at', text, OPTIONAL],
  ],
});

const listModel4 = list(model4);

const oneOf6 = oneOf('transient', 'rate_limit', 'permanent');

const freeObject6 = freeObject(6);

const model5 = modelCheck({
  depth: 5,
  fields: [
    ['timestamp', time, ''],
    ['error_type', oneOf6],
    ['error_code', text],
    ['error_message', text],
    ['attempt_number', integerFrom1],
    ['context', freeObject6, {}],
    ['stdout_tail', textOrNull, null],
    ['stderr_tail', textOrNull, null],
    ['stack_trace', textOrNull, null],
  ],
});

const listModel5 = list(model5);

const dictionaryText = dictionary(text);

const listDictionaryText = list(dictionaryText);

const dictionaryInteger = dictionary(integer);

const model6 = modelCheck({
  depth: 5,
  fields: [
    ['id', text],
    ['description', text],
  ],
});

const listModel6 = list(model6);

const freeObject4 = freeObject(4);

const freeObject4OrNull = orNull(freeObject4);

export const sheetCheck = modelCheck({
  depth: 3,
  dropped: [
    'next_retry_at',
    'dispatched_at',
    'attempt_results',
    'applied_pattern_ids',
    'applied_pattern_descriptions',
  ],
  fields: [
    ['sheet_num', integerFrom1],
    ['status', oneOf1, 'pending'],
    ['started_at', timeOrNull, null],
    ['completed_at', timeOrNull, null],
    ['attempt_count', integer, 0],
    ['exit_code', integerOrNull, null],
    ['error_message', textOrNull, null],
    ['error_category', oneOf2OrNull, null],
    ['error_code', textOrNull, null],
    ['validation_passed', boolOrNull, null],
    ['validation_details', listModel1OrNull, null],
    ['instrument_name', textOrNull, null],
    ['instrument_model', textOrNull, null],
    ['movement', integerOrNull, null],
    ['voice', integerOrNull, null],
    ['exit_signal', integerOrNull, null],
    ['exit_reason', oneOf3OrNull, null],
    ['execution_duration_seconds', floatOrNull, null],
    ['completion_attempts', integer, 0],
    ['passed_validations', listText, []],
    ['failed_validations', listText, []],
    ['last_pass_percentage', floatOrNull, null],
    ['execution_mode', oneOf4OrNull, null],
    ['outcome_data', model2OrNull, null],
    ['confidence_score', floatBetween01OrNull, null],
    ['learned_patterns', listText, []],
    ['similar_outcomes_count', integer, 0],
    ['success_without_retry', bool, false],
    ['outcome_category', oneOf5OrNull, null],
    ['stdout_tail', textOrNull, null],
    ['stderr_tail', textOrNull, null],
    ['output_truncated', bool, false],
    ['prompt_metrics', model3OrNull, null],
    ['preflight_warnings', listText, []],
    ['progress_snapshots', listModel4, []],
    ['last_activity_at', timeOrNull, null],
    ['error_history', listModel5, []],
    ['instrument_fallback_history', listDictionaryText, []],
    ['fire_at', timeOrNull, null],
    ['rate_limit_expires_at', timeOrNull, null],
    ['healing_attempts', integer, 0],
    ['normal_attempts', integer, 0],
    ['max_retries', integer, 3],
    ['max_completion', integer, 5],
    ['total_cost_usd', float, floatValue(0)],
    ['total_duration_seconds', float, floatValue(0)],
    ['model', textOrNull, null],
    ['fallback_chain', listText, []],
    ['current_instrument_index', integer, 0],
    ['fallback_attempts', dictionaryInteger, {}],
    ['sheet_timeout_seconds', float, floatValue(1800)],
    ['display_status', textOrNull, null],
    ['applied_patterns', listModel6, []],
    ['grounding_passed', boolOrNull, null],
    ['grounding_confidence', floatBetween01OrNull, null],
    ['grounding_guidance', textOrNull, null],
    ['input_tokens', integerOrNull, null],
    ['output_tokens', integerOrNull, null],
    ['estimated_cost', floatOrNull, null],
    ['cost_confidence', floatBetween01, floatValue(1)],
    ['agent_feedback', freeObject4OrNull, null],
  ],
});

const freeObject2 = freeObject(2);

const freeObject2OrNull = orNull(freeObject2);

const oneOf7 = oneOf(
  'pending',
  'running',
  'completed',
  'failed',
  'paused',
  'paused_at_chain',
  'cancelled',
);

const integerDictionarySheetCheck = integerDictionary(sheetCheck);

const oneOf14 = oneOf('worktree', 'none');

const oneOf14OrNull = orNull(oneOf14);

const listInteger = list(integer);

const oneOf15 = oneOf('merge', 'summarize', 'pass_through');

const oneOf16 = oneOf('pending', 'ready', 'done', 'failed');

const integerDictionaryText = integerDictionary(text);

const model8 = modelCheck({
  depth: 3,
  fields: [
    ['batch_id', text, OPTIONAL],
    ['sheets', listInteger, OPTIONAL],
    ['strategy', oneOf15, OPTIONAL],
    ['status', oneOf16, OPTIONAL],
    ['created_at', textOrNull, OPTIONAL],
    ['completed_at', textOrNull, OPTIONAL],
    ['sheet_outputs', integerDictionaryText, OPTIONAL],
    ['synthesized_content', textOrNull, OPTIONAL],
    ['error_message', textOrNull, OPTIONAL],
    ['metadata', freeObject4, OPTIONAL],
    ['conflict_detection', freeObject4OrNull, OPTIONAL],
  ],
});

const dictionaryModel8 = dictionary(model8);

const freeObject3 = freeObject(3);

const listFreeObject3 = list(freeObject3);

export const stateCheck = modelCheck({
  depth: 1,
  fields: [
    ['job_id', text],
    ['job_name', text],
    ['config_hash', textOrNull, null],
    ['config_snapshot', freeObject2OrNull, null],
    ['config_path', textOrNull, null],
    ['created_at', time, ''],
    ['updated_at', time, ''],
    ['started_at', timeOrNull, null],
    ['completed_at', timeOrNull, null],
    ['total_sheets', integerFrom1],
    ['last_completed_sheet', integer, 0],
    ['current_sheet', integerOrNull, null],
    ['status', oneOf7, 'pending'],
    ['sheets', integerDictionarySheetCheck, {}],
    ['instruments_used', listText, []],
    ['total_movements', integerOrNull, null],
    ['pid', integerOrNull, null],
    ['error_message', textOrNull, null],
    ['total_retry_count', integer, 0],
    ['rate_limit_waits', integer, 0],
    ['quota_waits', integer, 0],
    ['resume_at', textOrNull, null],
    ['total_input_tokens', integer, 0],
    ['total_output_tokens', integer, 0],
    ['total_estimated_cost', float, floatValue(0)],
    ['cost_limit_reached', bool, false],
    ['worktree_path', textOrNull, null],
    ['worktree_branch', textOrNull, null],
    ['worktree_locked', bool, false],
    ['worktree_base_commit', textOrNull, null],
    ['isolation_mode', oneOf14OrNull, null],
    ['isolation_fallback_used', bool, false],
    ['parallel_enabled', bool, false],
    ['parallel_max_concurrent', integer, 1],
    ['parallel_batches_executed', integer, 0],
    ['sheets_in_progress', listInteger, []],
    ['synthesis_results', dictionaryModel8, {}],
    ['hook_results', listFreeObject3, []],
    ['spec_corpus_hash', text, ''],
    ['circuit_breaker_history', listFreeObject3, []],
  ],
});
