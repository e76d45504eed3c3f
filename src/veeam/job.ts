/** Which of Veeam's jobs a script was called for. Pure. */

export interface Job {
  /** Tells it from the machine's other jobs. */
  id: string;
  /** What people call it; null where only the id is known. */
  name: string | null;
}

/** Where neither the caller nor Veeam tells: right for a machine with a single job. */
const nameless = 'default';

/**
 * The job by `--job`, else by Veeam.
 *
 * Veeam Agent for Linux sets VEEAM_JOB_ID and VEEAM_JOB_NAME for its scripts (seen in the field, not documented).
 * Veeam Agent for Windows and Veeam Backup & Replication tell their scripts nothing.
 */
export function jobOf(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Job {
  if (flag !== undefined) return { id: flag.trim(), name: null };
  const { VEEAM_JOB_ID: id = '', VEEAM_JOB_NAME: name = '' } = environment;
  if (id !== '') return { id, name: name === '' ? null : name };
  return { id: name === '' ? nameless : name, name: null };
}
