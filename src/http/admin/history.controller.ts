import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { HistoryQueries, type HistoryEntry } from '../../projections/history/history.queries.js';
import { Projector } from '../../projections/projector.js';
import { ActorDocument, HistoryEntryDocument, HistoryPage } from './history.contract.js';
import { AdminController, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { KnownOrganization } from './known.pipe.js';
import { pageOf, positionAt } from './page.js';
import { Problem } from './problem.js';
import { QueryPipe } from './request-pipe.js';
import { HistoryQuery } from './requests.js';

@AdminController('organizations/:organization/history', 'History')
export class HistoryController {
  constructor(
    private readonly history: HistoryQueries,
    private readonly projector: Projector,
  ) {}

  @Get()
  @Needs('history:read')
  @ApiOperation({ summary: 'Lists what happened, by whom and to whom, the newest first' })
  @ApiOkResponse({ type: HistoryPage })
  @Refuses('request-invalid')
  async list(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Query(QueryPipe) query: HistoryQuery,
  ): Promise<HistoryPage> {
    const { limit, cursor, actor, type, from, to } = query;
    const about = subjectOf(query);
    const before = cursor === undefined ? undefined : positionAt(cursor);
    await this.projector.waitForHead('history');
    const entries = await this.history.entries(organization, {
      limit: limit + 1,
      ...(before !== undefined && { before }),
      ...(about !== undefined && { about }),
      ...(actor !== undefined && { actor }),
      ...(type !== undefined && { type }),
      ...(from !== undefined && { from: new Date(from).toISOString() }),
      ...(to !== undefined && { to: new Date(to).toISOString() }),
    });
    return pageOf(entries, limit, ({ position }) => position, presentEntry);
  }
}

/** @throws Problem request-invalid: several subjects */
function subjectOf({ user, team, group }: HistoryQuery): string | undefined {
  const subjects = [user, team, group].filter((id) => id !== undefined);
  if (subjects.length > 1) {
    throw new Problem('request-invalid', 'expected one of user, team and group, found several');
  }
  return subjects[0]?.toLowerCase();
}

function presentEntry(entry: HistoryEntry): HistoryEntryDocument {
  const { position, occurredAt, type, subjectKind, subjectId, subjectName } = entry;
  return {
    position,
    occurredAt,
    type,
    actor: presentActor(entry),
    subject: {
      kind: subjectKind,
      id: subjectId,
      ...(subjectName !== null && { name: subjectName }),
    },
    sentence: entry.sentence,
    correlationId: entry.correlationId,
  };
}

function presentActor({ actor, actorName }: HistoryEntry): ActorDocument {
  const [kind = actor, id] = actor.split(':', 2);
  return { kind, ...(id !== undefined && { id }), ...(actorName !== null && { name: actorName }) };
}
