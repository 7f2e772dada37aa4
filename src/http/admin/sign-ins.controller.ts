import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { SignIn, type CommandContext, type SignInClaims } from '../../commands/messages.js';
import type { OrganizationRow } from '../../projections/access/access.queries.js';
import { RosterQueries } from '../../projections/roster/roster.queries.js';
import { Caller } from './api-key.guard.js';
import { KnownOrganization } from './known.pipe.js';
import { AdminController, BODY_PROBLEMS, Refuses } from './openapi.js';
import { Needs } from './permissions.js';
import { BodyPipe } from './request-pipe.js';
import { SignInBody, SignInDecisionDocument } from './sign-ins.contract.js';
import { readUserAttributes } from './user-attributes.js';
import { presentUser } from './user-document.js';
import { VisibleChanges } from './visible.js';

@AdminController('organizations/:organization/sign-ins', 'Sign-ins')
export class SignInsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly roster: RosterQueries,
    private readonly visible: VisibleChanges,
  ) {}

  @Post()
  @Needs('sign-ins:decide')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Decides whether a person whom single sign-on has authenticated is let in',
    description:
      'To be asked at every sign-in, with what the identity provider says of the person. Where policies say so, it creates the user, and sets the role and the teams from the claims.',
  })
  @ApiOkResponse({ type: SignInDecisionDocument })
  @Refuses(...BODY_PROBLEMS)
  async decide(
    @Param('organization', KnownOrganization) { organization }: OrganizationRow,
    @Body(BodyPipe) body: SignInBody,
    @Caller() context: CommandContext,
  ): Promise<SignInDecisionDocument> {
    const { decision, reason, detail, userId, position } = await this.commands.execute(
      new SignIn(organization, claimsOf(body), context),
    );
    if (userId === null) return { decision, reason, detail };
    await this.visible.hold(position);
    const known = await this.roster.user(organization, userId);
    const user = known && presentUser(known);
    return {
      decision,
      reason,
      detail,
      ...(user && { user }),
      ...(user && decision === 'allowed' && { role: user.role, teams: user.teams }),
    };
  }
}

/** @throws Problem request-invalid */
function claimsOf({ subject, userName, email, name, groups, roles }: SignInBody): SignInClaims {
  const stated = readUserAttributes(typeof name === 'string' ? { displayName: name } : { name });
  return {
    subject,
    userName,
    ...(email && { email }),
    ...(stated.displayName && { displayName: stated.displayName }),
    ...(stated.name && { name: stated.name }),
    ...(groups && { groups }),
    ...(roles && { roles }),
  };
}
