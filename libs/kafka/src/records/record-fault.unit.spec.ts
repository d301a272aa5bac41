import { isRecordFault, RecordFault } from './record-fault.js';

const protocolError = (type: string): Error =>
  Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });

describe('an error is the fault of the records', () => {
  it.each([
    ['a broker takes nothing so large', protocolError('MESSAGE_TOO_LARGE')],
    ['a broker finds a record invalid', protocolError('INVALID_RECORD')],
    ['our code did not expect them', new TypeError('x is undefined')],
    ['our code says so', new RecordFault('cannot be read', new Error('some cause'))],
  ])('when %s', (_, error) => expect(isRecordFault(error)).toBe(true));

  it.each([
    ['a broker is away', protocolError('LEADER_NOT_AVAILABLE')],
    ['a right is missing', protocolError('TOPIC_AUTHORIZATION_FAILED')],
    ['a topic is missing', protocolError('UNKNOWN_TOPIC_OR_PARTITION')],
    ['kafkajs came to grief', Object.assign(new Error('x'), { name: 'KafkaJSNonRetriableError' })],
    ['a connection is refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a database is away', new Error('Connection terminated unexpectedly')],
    ['nothing was thrown', undefined],
  ])('but not when %s', (_, error) => expect(isRecordFault(error)).toBe(false));
});
