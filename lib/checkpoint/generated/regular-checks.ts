/*
 * The checks of regular states. Written by `npm run build:checks` from the schema of states: change that, and not this file.
 */

import { floatValue } from '../../json/number.ts';
import {
  dictionary,
  float,
  floatBetween,
  floatBetweenOrNull,
  floatOrNull,
  freeObject,
  integerDictionary,
  IRREGULAR,
  isBool,
  isBoolOrNull,
  isInteger,
  isIntegerFrom,
  isIntegerOrNull,
  isText,
  isTextOrNull,
  isTime,
  isTimeOrNull,
  leaf,
  list,
  orNull,
} from '../../schema/regular.ts';
import { modelCheck, OPTIONAL, REQUIRED } from '../../schema/regular-model.ts';

const words1 = new Set<unknown>(['pending', 'ready', 'dispatched', 'in_progress', 'waiting', 'retry_scheduled', 'fermata', 'completed', 'failed', 'skipped', 'cancelled']);

const words2 = new Set<unknown>(['rate_limit', 'transient', 'validation', 'auth', 'network', 'timeout', 'signal', 'fatal', 'configuration', 'preflight', 'escalation', null]);

const dictionaryFloat = dictionary(float);

const model1 = modelCheck({
  depth: 5,
  fields: {
    rule_type: OPTIONAL,
    description: OPTIONAL,
    path: OPTIONAL,
    pattern: OPTIONAL,
    passed: REQUIRED,
    actual_value: OPTIONAL,
    expected_value: OPTIONAL,
    error_message: OPTIONAL,
    checked_at: OPTIONAL,
    check_duration_ms: OPTIONAL,
    confidence: OPTIONAL,
    confidence_factors: OPTIONAL,
    failure_reason: OPTIONAL,
    failure_category: OPTIONAL,
    suggested_fix: OPTIONAL,
    error_type: OPTIONAL,
  },
  isRegular(members, exact) {
    let value: unknown;
    value = members['rule_type'];
    if (value !== undefined && !isText(value)) return false;
    value = members['description'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['path'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['pattern'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    if (!isBool(members['passed'])) return false;
    value = members['actual_value'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['expected_value'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['error_message'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['checked_at'];
    if (value !== undefined && !isText(value)) return false;
    value = members['check_duration_ms'];
    if (value !== undefined) {
      value = float(value);
      if (value === IRREGULAR) return false;
      members['check_duration_ms'] = value;
    }
    value = members['confidence'];
    if (value !== undefined) {
      value = float(value);
      if (value === IRREGULAR) return false;
      members['confidence'] = value;
    }
    value = members['confidence_factors'];
    if (value !== undefined && dictionaryFloat(value, exact) === IRREGULAR) return false;
    value = members['failure_reason'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['failure_category'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['suggested_fix'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['error_type'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    return true;
  },
});

const listModel1 = list(model1);

const listModel1OrNull = orNull(listModel1);

const words3 = new Set<unknown>(['completed', 'timeout', 'killed', 'error', null]);

const text = leaf(isText);

const listText = list(text);

const words4 = new Set<unknown>(['normal', 'completion', 'retry', null]);

const model2 = modelCheck({
  depth: 4,
  fields: {
    escalation_record_id: OPTIONAL,
    escalation_skipped: OPTIONAL,
  },
  isRegular(members) {
    let value: unknown;
    value = members['escalation_record_id'];
    if (value !== undefined && !isText(value)) return false;
    value = members['escalation_skipped'];
    if (value !== undefined && !isBool(value)) return false;
    return true;
  },
});

const model2OrNull = orNull(model2);

const words5 = new Set<unknown>(['success_first_try', 'success_retry', 'success_completion', 'failed_exhausted', 'failed_fatal', 'skipped_by_escalation', null]);

const model3 = modelCheck({
  depth: 4,
  fields: {
    character_count: OPTIONAL,
    estimated_tokens: OPTIONAL,
    line_count: OPTIONAL,
    word_count: OPTIONAL,
    has_file_references: OPTIONAL,
    referenced_paths: OPTIONAL,
  },
  isRegular(members, exact) {
    let value: unknown;
    value = members['character_count'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['estimated_tokens'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['line_count'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['word_count'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['has_file_references'];
    if (value !== undefined && !isBool(value)) return false;
    value = members['referenced_paths'];
    if (value !== undefined && listText(value, exact) === IRREGULAR) return false;
    return true;
  },
});

const model3OrNull = orNull(model3);

const model4 = modelCheck({
  depth: 5,
  fields: {
    sheet_num: OPTIONAL,
    bytes_received: OPTIONAL,
    lines_received: OPTIONAL,
    elapsed_seconds: OPTIONAL,
    phase: OPTIONAL,
    snapshot_at: OPTIONAL,
  },
  isRegular(members) {
    let value: unknown;
    value = members['sheet_num'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['bytes_received'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['lines_received'];
    if (value !== undefined && !isInteger(value)) return false;
    value = members['elapsed_seconds'];
    if (value !== undefined) {
      value = float(value);
      if (value === IRREGULAR) return false;
      members['elapsed_seconds'] = value;
    }
    value = members['phase'];
    if (value !== undefined && !isText(value)) return false;
    value = members['snapshot_at'];
    if (value !== undefined && !isText(value)) return false;
    return true;
  },
});

const listModel4 = list(model4);

const words6 = new Set<unknown>(['transient', 'rate_limit', 'permanent']);

const freeObject6 = freeObject(6);

const model5 = modelCheck({
  depth: 5,
  fields: {
    timestamp: '',
    error_type: REQUIRED,
    error_code: REQUIRED,
    error_message: REQUIRED,
    attempt_number: REQUIRED,
    context: {},
    stdout_tail: null,
    stderr_tail: null,
    stack_trace: null,
  },
  isRegular(members, exact) {
    if (!isTime(members['timestamp'])) return false;
    if (!words6.has(members['error_type'])) return false;
    if (!isText(members['error_code'])) return false;
    if (!isText(members['error_message'])) return false;
    if (!isIntegerFrom(members['attempt_number'], 1)) return false;
    if (freeObject6(members['context'], exact) === IRREGULAR) return false;
    if (!isTextOrNull(members['stdout_tail'])) return false;
    if (!isTextOrNull(members['stderr_tail'])) return false;
    if (!isTextOrNull(members['stack_trace'])) return false;
    return true;
  },
});

const listModel5 = list(model5);

const dictionaryText = dictionary(text);

const listDictionaryText = list(dictionaryText);

const integer = leaf(isInteger);

const dictionaryInteger = dictionary(integer);

const model6 = modelCheck({
  depth: 5,
  fields: {
    id: REQUIRED,
    description: REQUIRED,
  },
  isRegular(members) {
    if (!isText(members['id'])) return false;
    if (!isText(members['description'])) return false;
    return true;
  },
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
  fields: {
    sheet_num: REQUIRED,
    status: 'pending',
    started_at: null,
    completed_at: null,
    attempt_count: 0,
    exit_code: null,
    error_message: null,
    error_category: null,
    error_code: null,
    validation_passed: null,
    validation_details: null,
    instrument_name: null,
    instrument_model: null,
    movement: null,
    voice: null,
    exit_signal: null,
    exit_reason: null,
    execution_duration_seconds: null,
    completion_attempts: 0,
    passed_validations: [],
    failed_validations: [],
    last_pass_percentage: null,
    execution_mode: null,
    outcome_data: null,
    confidence_score: null,
    learned_patterns: [],
    similar_outcomes_count: 0,
    success_without_retry: false,
    outcome_category: null,
    stdout_tail: null,
    stderr_tail: null,
    output_truncated: false,
    prompt_metrics: null,
    preflight_warnings: [],
    progress_snapshots: [],
    last_activity_at: null,
    error_history: [],
    instrument_fallback_history: [],
    fire_at: null,
    rate_limit_expires_at: null,
    healing_attempts: 0,
    normal_attempts: 0,
    max_retries: 3,
    max_completion: 5,
    total_cost_usd: floatValue(0),
    total_duration_seconds: floatValue(0),
    model: null,
    fallback_chain: [],
    current_instrument_index: 0,
    fallback_attempts: {},
    sheet_timeout_seconds: floatValue(1800),
    display_status: null,
    applied_patterns: [],
    grounding_passed: null,
    grounding_confidence: null,
    grounding_guidance: null,
    input_tokens: null,
    output_tokens: null,
    estimated_cost: null,
    cost_confidence: floatValue(1),
    agent_feedback: null,
  },
  isRegular(members, exact) {
    let value: unknown;
    if (!isIntegerFrom(members['sheet_num'], 1)) return false;
    if (!words1.has(members['status'])) return false;
    if (!isTimeOrNull(members['started_at'])) return false;
    if (!isTimeOrNull(members['completed_at'])) return false;
    if (!isInteger(members['attempt_count'])) return false;
    if (!isIntegerOrNull(members['exit_code'])) return false;
    if (!isTextOrNull(members['error_message'])) return false;
    if (!words2.has(members['error_category'])) return false;
    if (!isTextOrNull(members['error_code'])) return false;
    if (!isBoolOrNull(members['validation_passed'])) return false;
    if (listModel1OrNull(members['validation_details'], exact) === IRREGULAR) return false;
    if (!isTextOrNull(members['instrument_name'])) return false;
    if (!isTextOrNull(members['instrument_model'])) return false;
    if (!isIntegerOrNull(members['movement'])) return false;
    if (!isIntegerOrNull(members['voice'])) return false;
    if (!isIntegerOrNull(members['exit_signal'])) return false;
    if (!words3.has(members['exit_reason'])) return false;
    value = floatOrNull(members['execution_duration_seconds']);
    if (value === IRREGULAR) return false;
    members['execution_duration_seconds'] = value;
    if (!isInteger(members['completion_attempts'])) return false;
    if (listText(members['passed_validations'], exact) === IRREGULAR) return false;
    if (listText(members['failed_validations'], exact) === IRREGULAR) return false;
    value = floatOrNull(members['last_pass_percentage']);
    if (value === IRREGULAR) return false;
    members['last_pass_percentage'] = value;
    if (!words4.has(members['execution_mode'])) return false;
    value = model2OrNull(members['outcome_data'], exact);
    if (value === IRREGULAR) return false;
    members['outcome_data'] = value;
    value = floatBetweenOrNull(members['confidence_score'], 0, 1);
    if (value === IRREGULAR) return false;
    members['confidence_score'] = value;
    if (listText(members['learned_patterns'], exact) === IRREGULAR) return false;
    if (!isInteger(members['similar_outcomes_count'])) return false;
    if (!isBool(members['success_without_retry'])) return false;
    if (!words5.has(members['outcome_category'])) return false;
    if (!isTextOrNull(members['stdout_tail'])) return false;
    if (!isTextOrNull(members['stderr_tail'])) return false;
    if (!isBool(members['output_truncated'])) return false;
    value = model3OrNull(members['prompt_metrics'], exact);
    if (value === IRREGULAR) return false;
    members['prompt_metrics'] = value;
    if (listText(members['preflight_warnings'], exact) === IRREGULAR) return false;
    if (listModel4(members['progress_snapshots'], exact) === IRREGULAR) return false;
    if (!isTimeOrNull(members['last_activity_at'])) return false;
    if (listModel5(members['error_history'], exact) === IRREGULAR) return false;
    if (listDictionaryText(members['instrument_fallback_history'], exact) === IRREGULAR) return false;
    if (!isTimeOrNull(members['fire_at'])) return false;
    if (!isTimeOrNull(members['rate_limit_expires_at'])) return false;
    if (!isInteger(members['healing_attempts'])) return false;
    if (!isInteger(members['normal_attempts'])) return false;
    if (!isInteger(members['max_retries'])) return false;
    if (!isInteger(members['max_completion'])) return false;
    value = float(members['total_cost_usd']);
    if (value === IRREGULAR) return false;
    members['total_cost_usd'] = value;
    value = float(members['total_duration_seconds']);
    if (value === IRREGULAR) return false;
    members['total_duration_seconds'] = value;
    if (!isTextOrNull(members['model'])) return false;
    if (listText(members['fallback_chain'], exact) === IRREGULAR) return false;
    if (!isInteger(members['current_instrument_index'])) return false;
    if (dictionaryInteger(members['fallback_attempts'], exact) === IRREGULAR) return false;
    value = float(members['sheet_timeout_seconds']);
    if (value === IRREGULAR) return false;
    members['sheet_timeout_seconds'] = value;
    if (!isTextOrNull(members['display_status'])) return false;
    if (listModel6(members['applied_patterns'], exact) === IRREGULAR) return false;
    if (!isBoolOrNull(members['grounding_passed'])) return false;
    value = floatBetweenOrNull(members['grounding_confidence'], 0, 1);
    if (value === IRREGULAR) return false;
    members['grounding_confidence'] = value;
    if (!isTextOrNull(members['grounding_guidance'])) return false;
    if (!isIntegerOrNull(members['input_tokens'])) return false;
    if (!isIntegerOrNull(members['output_tokens'])) return false;
    value = floatOrNull(members['estimated_cost']);
    if (value === IRREGULAR) return false;
    members['estimated_cost'] = value;
    value = floatBetween(members['cost_confidence'], 0, 1);
    if (value === IRREGULAR) return false;
    members['cost_confidence'] = value;
    if (freeObject4OrNull(members['agent_feedback'], exact) === IRREGULAR) return false;
    return true;
  },
});

const freeObject2 = freeObject(2);

const freeObject2OrNull = orNull(freeObject2);

const words7 = new Set<unknown>(['pending', 'running', 'completed', 'failed', 'paused', 'paused_at_chain', 'cancelled']);

const integerDictionarySheetCheck = integerDictionary(sheetCheck);

const words8 = new Set<unknown>(['worktree', 'none', null]);

const listInteger = list(integer);

const words9 = new Set<unknown>(['merge', 'summarize', 'pass_through']);

const words10 = new Set<unknown>(['pending', 'ready', 'done', 'failed']);

const integerDictionaryText = integerDictionary(text);

const model8 = modelCheck({
  depth: 3,
  fields: {
    batch_id: OPTIONAL,
    sheets: OPTIONAL,
    strategy: OPTIONAL,
    status: OPTIONAL,
    created_at: OPTIONAL,
    completed_at: OPTIONAL,
    sheet_outputs: OPTIONAL,
    synthesized_content: OPTIONAL,
    error_message: OPTIONAL,
    metadata: OPTIONAL,
    conflict_detection: OPTIONAL,
  },
  isRegular(members, exact) {
    let value: unknown;
    value = members['batch_id'];
    if (value !== undefined && !isText(value)) return false;
    value = members['sheets'];
    if (value !== undefined && listInteger(value, exact) === IRREGULAR) return false;
    value = members['strategy'];
    if (value !== undefined && !words9.has(value)) return false;
    value = members['status'];
    if (value !== undefined && !words10.has(value)) return false;
    value = members['created_at'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['completed_at'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['sheet_outputs'];
    if (value !== undefined && integerDictionaryText(value, exact) === IRREGULAR) return false;
    value = members['synthesized_content'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['error_message'];
    if (value !== undefined && !isTextOrNull(value)) return false;
    value = members['metadata'];
    if (value !== undefined && freeObject4(value, exact) === IRREGULAR) return false;
    value = members['conflict_detection'];
    if (value !== undefined && freeObject4OrNull(value, exact) === IRREGULAR) return false;
    return true;
  },
});

const dictionaryModel8 = dictionary(model8);

const freeObject3 = freeObject(3);

const listFreeObject3 = list(freeObject3);

export const stateCheck = modelCheck({
  depth: 1,
  fields: {
    job_id: REQUIRED,
    job_name: REQUIRED,
    config_hash: null,
    config_snapshot: null,
    config_path: null,
    created_at: '',
    updated_at: '',
    started_at: null,
    completed_at: null,
    total_sheets: REQUIRED,
    last_completed_sheet: 0,
    current_sheet: null,
    status: 'pending',
    sheets: {},
    instruments_used: [],
    total_movements: null,
    pid: null,
    error_message: null,
    total_retry_count: 0,
    rate_limit_waits: 0,
    quota_waits: 0,
    resume_at: null,
    total_input_tokens: 0,
    total_output_tokens: 0,
    total_estimated_cost: floatValue(0),
    cost_limit_reached: false,
    worktree_path: null,
    worktree_branch: null,
    worktree_locked: false,
    worktree_base_commit: null,
    isolation_mode: null,
    isolation_fallback_used: false,
    parallel_enabled: false,
    parallel_max_concurrent: 1,
    parallel_batches_executed: 0,
    sheets_in_progress: [],
    synthesis_results: {},
    hook_results: [],
    spec_corpus_hash: '',
    circuit_breaker_history: [],
  },
  isRegular(members, exact) {
    if (!isText(members['job_id'])) return false;
    if (!isText(members['job_name'])) return false;
    if (!isTextOrNull(members['config_hash'])) return false;
    if (freeObject2OrNull(members['config_snapshot'], exact) === IRREGULAR) return false;
    if (!isTextOrNull(members['config_path'])) return false;
    if (!isTime(members['created_at'])) return false;
    if (!isTime(members['updated_at'])) return false;
    if (!isTimeOrNull(members['started_at'])) return false;
    if (!isTimeOrNull(members['completed_at'])) return false;
    if (!isIntegerFrom(members['total_sheets'], 1)) return false;
    if (!isInteger(members['last_completed_sheet'])) return false;
    if (!isIntegerOrNull(members['current_sheet'])) return false;
    if (!words7.has(members['status'])) return false;
    if (integerDictionarySheetCheck(members['sheets'], exact) === IRREGULAR) return false;
    if (listText(members['instruments_used'], exact) === IRREGULAR) return false;
    if (!isIntegerOrNull(members['total_movements'])) return false;
    if (!isIntegerOrNull(members['pid'])) return false;
    if (!isTextOrNull(members['error_message'])) return false;
    if (!isInteger(members['total_retry_count'])) return false;
    if (!isInteger(members['rate_limit_waits'])) return false;
    if (!isInteger(members['quota_waits'])) return false;
    if (!isTextOrNull(members['resume_at'])) return false;
    if (!isInteger(members['total_input_tokens'])) return false;
    if (!isInteger(members['total_output_tokens'])) return false;
    const value = float(members['total_estimated_cost']);
    if (value === IRREGULAR) return false;
    members['total_estimated_cost'] = value;
    if (!isBool(members['cost_limit_reached'])) return false;
    if (!isTextOrNull(members['worktree_path'])) return false;
    if (!isTextOrNull(members['worktree_branch'])) return false;
    if (!isBool(members['worktree_locked'])) return false;
    if (!isTextOrNull(members['worktree_base_commit'])) return false;
    if (!words8.has(members['isolation_mode'])) return false;
    if (!isBool(members['isolation_fallback_used'])) return false;
    if (!isBool(members['parallel_enabled'])) return false;
    if (!isInteger(members['parallel_max_concurrent'])) return false;
    if (!isInteger(members['parallel_batches_executed'])) return false;
    if (listInteger(members['sheets_in_progress'], exact) === IRREGULAR) return false;
    if (dictionaryModel8(members['synthesis_results'], exact) === IRREGULAR) return false;
    if (listFreeObject3(members['hook_results'], exact) === IRREGULAR) return false;
    if (!isText(members['spec_corpus_hash'])) return false;
    if (listFreeObject3(members['circuit_breaker_history'], exact) === IRREGULAR) return false;
    return true;
  },
});
