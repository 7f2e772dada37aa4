import type { JsonObject } from '../../src/scim/json.js';
import {
  parseProjection,
  projectionIncludes,
  projectResource,
  type ProjectionParameters,
} from '../../src/scim/projection.js';
import { userType, type Attribute, type ResourceType } from '../../src/scim/schema.js';

const U = 'urn:ietf:params:scim:schemas:core:2.0:User';
const E = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const user = {
  schemas: [U, E],
  id: '2819c223',
  userName: 'bjensen',
  name: { givenName: 'Barbara', familyName: 'Jensen' },
  emails: [{ value: 'b@x.org', type: 'work' }, { value: 'b@y.org' }] as object[],
  [E]: { department: 'R&D', manager: { value: '26118915', $ref: '../Users/26118915' } },
  meta: { resourceType: 'User', version: 'W/"3"' },
};
const always = { schemas: [U, E], id: '2819c223' };

const shown = (parameters: ProjectionParameters): unknown =>
  projectResource(userType, user as JsonObject, parseProjection(userType, parameters));

describe('attributes', () => {
  it.each([
    ['ATT-01', 'userName', { userName: 'bjensen' }],
    ['ATT-02', 'name.givenName', { name: { givenName: 'Barbara' } }],
    ['ATT-03', 'emails.type', { emails: [{ type: 'work' }] }],
    ['ATT-04', 'emails', { emails: user.emails }],
    [
      'ATT-05',
      `${U}:userName,${E}:department`,
      { userName: 'bjensen', [E]: { department: 'R&D' } },
    ],
    ['ATT-05', E, { [E]: user[E] }],
    ['ATT-05', `${E}:manager.value`, { [E]: { manager: { value: '26118915' } } }],
    ['ATT-07', 'manager', { [E]: { manager: { value: '26118915', $ref: '../Users/26118915' } } }],
    [
      'ATT-08',
      ' USERNAME , ,NAME.GIVENNAME,',
      { userName: 'bjensen', name: { givenName: 'Barbara' } },
    ],
    ['ATT-10', 'doesNotExist', {}],
    ['ATT-15', 'password', {}],
    ['ATT-20', 'emails[type eq "work"]', {}],
    ['a part and the whole', 'name.givenName,name', { name: user.name }],
    ['prototype', '__proto__,constructor', {}],
  ])('%s: %s', (_id, attributes, expected) => {
    expect(shown({ attributes })).toEqual({ ...always, ...expected });
  });

  it('ATT-09: blank counts as absent', () => {
    expect(shown({ attributes: ' , ', excludedAttributes: '' })).toEqual(user);
  });

  it('ATT-21: takes a list of names', () => {
    expect(shown({ attributes: ['userName', 'name.givenName'] })).toEqual({
      ...always,
      userName: 'bjensen',
      name: { givenName: 'Barbara' },
    });
  });

  it('LIST-13: everything without the parameter', () => {
    expect(shown({})).toEqual(user);
  });
});

describe('excludedAttributes', () => {
  const { meta, emails: _emails, ...rest } = user;
  it.each([
    ['ATT-12', 'id,schemas,emails', { ...rest, meta }],
    ['ATT-13', 'meta,EMAILS', rest],
    ['a sub-attribute', 'emails.value', { ...user, emails: [{ type: 'work' }] }],
    ['a part of an extension', `${E}:manager`, { ...user, [E]: { department: 'R&D' } }],
    ['unknown', 'doesNotExist', user],
  ])('%s: %s', (_id, excludedAttributes, expected) => {
    expect(shown({ excludedAttributes })).toEqual(expected);
  });

  it('leaves out a whole extension', () => {
    expect(shown({ excludedAttributes: E })).not.toHaveProperty([E]);
  });

  it('ATT-14: cannot stand beside attributes', () => {
    expect(() =>
      parseProjection(userType, { attributes: 'id', excludedAttributes: 'meta' }),
    ).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidValue' }));
  });
});

describe('attributes returned only on request (ATT-16)', () => {
  const secret: Attribute = { ...userType.attributes[2]!, name: 'rare', returned: 'request' };
  const type: ResourceType = { ...userType, attributes: [...userType.attributes, secret] };
  const resource = { ...always, rare: 'x' };

  it.each([
    [{}, always],
    [{ excludedAttributes: 'userName' }, always],
    [{ attributes: 'rare' }, resource],
  ])('with %j', (parameters, expected) => {
    expect(projectResource(type, resource, parseProjection(type, parameters))).toEqual(expected);
  });
});

describe('projectionIncludes (ATT-17)', () => {
  it.each([
    [{}, true],
    [{ attributes: 'groups' }, true],
    [{ attributes: 'groups.value' }, true],
    [{ attributes: 'userName' }, false],
    [{ excludedAttributes: 'groups' }, false],
    [{ excludedAttributes: 'groups.display' }, true],
    [{ excludedAttributes: 'userName' }, true],
  ])('groups with %j: %s', (parameters, expected) => {
    expect(projectionIncludes(parseProjection(userType, parameters), 'groups')).toBe(expected);
  });
});
