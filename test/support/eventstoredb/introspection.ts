import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { NeverAnswered, Refused, underFault, type Method } from './faults.js';
import type { Surroundings } from './surroundings.js';

const SERVER_VERSION = '24.10.0';
const STREAMS = 'event_store.client.streams.streams';
const METHODS = ['append', 'delete', 'read', 'tombstone'];
/** What clients ask for before they use it. */
const READ_FEATURES = ['position', 'events'];

/** ServerFeatures/GetSupportedMethods: a client that finds no BatchAppend here uses Append. */
export function getSupportedMethods(server: Surroundings) {
  return unary<SupportedMethods>(server, 'getSupportedMethods', () => {
    const methods = new features.SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
    for (const name of server.supportsBatchAppend ? [...METHODS, 'batchappend'] : METHODS) {
      const method = new features.SupportedMethod().setServiceName(STREAMS).setMethodName(name);
      methods.addMethods(name === 'read' ? method.setFeaturesList(READ_FEATURES) : method);
    }
    return methods;
  });
}

/** Gossip/Read: the members of the cluster and their states. */
export function gossip(server: Surroundings) {
  return unary<ClusterInfo>(server, 'gossip', () => server.cluster.info());
}

function unary<Response>(server: Surroundings, method: Method, respond: () => Response) {
  return (call: ServerUnaryCall<Empty, Response>, answer: sendUnaryData<Response>): void => {
    server.count(method);
    underFault(server.faults.take(method), server.victim(call), respond).then(
      (response) => answer(null, response),
      (error: unknown) => {
        if (error instanceof Refused) answer(error.refusal);
        else if (!(error instanceof NeverAnswered)) throw error;
      },
    );
  };
}
