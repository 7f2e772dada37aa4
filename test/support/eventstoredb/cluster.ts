import { randomUUID } from 'node:crypto';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Endpoint } from './refusals.js';

interface Member {
  readonly id: string;
  endpoint: Endpoint;
  alive: boolean;
}

/** Who is in the cluster and who leads it. All nodes share one log, so nothing is ever behind. */
export class Cluster {
  private readonly members: Member[] = [];
  /** Index of the leader; undefined while an election is going on. */
  leader: number | undefined = 0;

  /** Where a node says that the leader is. */
  leaderEndpoint(): Endpoint {
    const member = this.members[this.leader ?? 0];
    if (!member) throw new Error('the cluster has no member');
    return member.endpoint;
  }

  joined(index: number, endpoint: Endpoint): void {
    this.members[index] ??= { id: randomUUID(), endpoint, alive: true };
    Object.assign(this.members[index], { endpoint, alive: true });
  }

  left(index: number): void {
    const member = this.members[index];
    if (member) member.alive = false;
  }

  info(): ClusterInfo {
    const { LEADER, FOLLOWER, UNKNOWN } = gossip.MemberInfo.VNodeState;
    const info = new gossip.ClusterInfo();
    this.members.forEach(({ id, endpoint, alive }, index) => {
      const state = this.leader === undefined ? UNKNOWN : index === this.leader ? LEADER : FOLLOWER;
      const place = new gossip.EndPoint().setAddress(endpoint.address).setPort(endpoint.port);
      info.addMembers(
        new gossip.MemberInfo()
          .setInstanceId(new shared.UUID().setString(id))
          .setTimeStamp(String(BigInt(Date.now()) * 10_000n))
          .setState(state)
          .setIsAlive(alive)
          .setHttpEndPoint(place),
      );
    });
    return info;
  }
}
