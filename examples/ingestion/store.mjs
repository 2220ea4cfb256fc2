import Database from 'libsql';

/** How long a commit may wait for another process that writes to the same file. */
const BUSY_TIMEOUT_MS = 2000;

/**
 * Readings in a SQLite file. The broker may send a message twice, namely when the acknowledgement did not reach it. What a reading is
 * called by its device, not when it came, makes it the same: the key keeps the second one out.
 */
export class Store {
  #database;
  #insertReading;
  #insertRejected;

  constructor(file) {
    this.#database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    // Others may read while this process writes. FULL: a commit returns when the disk has it, not when the system was told.
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS readings (
        device TEXT, sequence INTEGER, time INTEGER, value REAL, PRIMARY KEY (device, sequence)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS rejected (topic TEXT, payload BLOB, reason TEXT, PRIMARY KEY (topic, payload));
    `);
    this.#insertReading = this.#database.prepare(
      'INSERT INTO readings VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#insertRejected = this.#database.prepare(
      'INSERT INTO rejected VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
  }

  /**
   * Adds all of them in one transaction, which costs one wait for the disk, or none of them.
   *
   * @returns How many were stored, known already, and put aside as unreadable.
   */
  add(readings) {
    const counts = { stored: 0, known: 0, rejected: 0 };
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { device, sequence, time, value, topicName, payload, reason } of readings) {
        if (reason !== undefined) {
          this.#insertRejected.run(topicName, Buffer.from(payload), reason);
          counts.rejected++;
        } else if (this.#insertReading.run(device, sequence, time, value).changes > 0) {
          counts.stored++;
        } else {
          counts.known++;
        }
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    return counts;
  }

  get size() {
    return this.#database.prepare('SELECT count(*) AS size FROM readings').get().size;
  }

  close() {
    this.#database.close();
  }
}
