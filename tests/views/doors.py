"""Who may open which address: one table of every route, method and role.

A row: method, endpoint, address (names in braces: what stands in the house), one letter for each of `house.ROLES`, the
answers that whoever passes may get, and what is sent along. The letters:

    p  passes           absent, the answer is 404
    s  signs in first   whatever is asked for
    r  refused (403)    whatever is asked for
    o  refused (403)    may know that this one exists; absent, the answer is 404
    n  told that there is no such thing (404), in the same words as for what is absent

王工 owns what is not somebody else's by its name; 李研究员 the supplies and the draft; 赵经理 brokers the case.
"""

from __future__ import annotations

from typing import NamedTuple

TABLE = """
POST activities.create         /activities/new                              srrrrpppps 400
GET  activities.edit           /activities/{activity}                       srrrrpppps 200
GET  activities.listing        /activities/                                 srrrrpppps 200
GET  activities.new            /activities/new                              srrrrpppps 200
POST activities.remove         /activities/{activity}/remove                srrrrpppps 302
POST activities.update         /activities/{activity}                       srrrrpppps 400
GET  api.listing               /api/v1/needs                                pppppppppp 200
GET  api.show                  /api/v1/needs/{need}                         pppppppppp 200
GET  api.show                  /api/v1/needs/{waiting}                      npnnnppppn 200
GET  api.show                  /api/v1/needs/{draft}                        nnnnnnnnnn -
GET  attachments.ask_remove    /attachments/{file_full}/remove              spnonpppps 200
GET  attachments.ask_remove    /attachments/{file_hidden}/remove            spnnnpppps 200
GET  attachments.ask_take      /attachments/{file_full}/text                spnonpppps 400
GET  attachments.ask_take      /attachments/{file_hidden}/text              spnnnpppps 400
GET  attachments.download      /attachments/{file_public}                   pppppppppp 200
GET  attachments.download      /attachments/{file_full}                     npnpnppppn 200
GET  attachments.download      /attachments/{file_annex}                    npnnnpnppn 200
GET  attachments.download      /attachments/{file_hidden}                   npnnnppppn 200
POST attachments.remove        /attachments/{file_full}/remove              spnonpppps 302
POST attachments.remove        /attachments/{file_hidden}/remove            spnnnpppps 302
POST attachments.take          /attachments/{file_full}/text                spnonpppps 400
POST attachments.take          /attachments/{file_hidden}/text              spnnnpppps 400
GET  audit.entries             /audit/                                      srrrrrrpps 200
POST audit.export              /audit/export                                srrrrrrpps 200 form=csv
GET  auth.account              /account                                     spppppppps 200
POST auth.change_password      /account/password                            spppppppps 400
GET  auth.sign_in              /sign-in                                     pppppppppp 200/302
POST auth.sign_in_post         /sign-in                                     pppppppppp 400
POST auth.sign_out             /sign-out                                    pppppppppp 302
POST cases.add_task            /cases/{case}/tasks                          spnpnpppps 400
POST cases.assign              /cases/{case}/broker                         srrrrpppps 400
GET  cases.board               /cases                                       srrrrpppps 200
GET  cases.confirm             /cases/{case}/steps/pass                     spnpnpppps 200
POST cases.contact             /cases/{case}/contact                        srrrrpppps 400
GET  cases.day                 /cases/day                                   srrrrpppps 200
POST cases.finish_task         /tasks/{task}                                spnonpppps 302
GET  cases.message             /messages/letter-token                       spnnnnnnns 302
POST cases.people              /cases/{case}/people                         spnpnpppps 400
POST cases.plan                /cases/{case}/plan                           spnpnpppps 409
POST cases.propose             /cases                                       srrrrpppps 302 need={theirs}&supply={supply}
POST cases.seen                /cases/{case}/seen                           spnpnpppps 302
GET  cases.sharing             /cases/sharing                               srrrrpppps 200
GET  cases.show                /cases/{case}                                spnpnpppps 200
POST cases.step                /cases/{case}/steps/pass                     spnpnpppps 409
POST cases.write               /cases/{case}/messages                       spnpnpppps 400
GET  contracts.confirm         /contracts/{contract}/steps/sign             srrrrpppps 200
POST contracts.create          /contracts/new                               srrrrpppps 400
GET  contracts.edit            /contracts/{contract}/edit                   srrrrpppps 200
GET  contracts.listing         /contracts/                                  spppppppps 200
POST contracts.move            /contracts/{contract}/steps/sign             srrrrpppps 409
GET  contracts.new             /contracts/new                               srrrrpppps 200
POST contracts.receive         /contracts/{signed}/payments/{payment}       srrrrpppps 302
GET  contracts.registration    /contracts/{signed}/registration.xlsx        srrrrpppps 200
POST contracts.royalty         /contracts/{signed}/royalties                srrrrpppps 400
POST contracts.save_schedule   /contracts/{contract}/schedule               srrrrpppps 409
GET  contracts.schedule        /contracts/{contract}/schedule               srrrrpppps 200
GET  contracts.show            /contracts/{signed}                          spnpnpppps 200
GET  contracts.show            /contracts/{contract}                        snnnnpppps 200
POST contracts.split           /contracts/{contract}/split                  srrrroopps 400
POST contracts.update          /contracts/{contract}/edit                   srrrrpppps 400
GET  contracts.version         /contracts/{signed}/versions/{version}       srrrrpppps 200
GET  sharing.edit              /contracts/{signed}/sharing                  srrrrpppps 200
POST sharing.save              /contracts/{signed}/sharing                  srrrrpppps 409
GET  sharing.download          /contracts/{signed}/sharing.xlsx             srrrrpppps 200
GET  dashboard.chart           /dashboard/charts/months.csv                 srrrrpppps 200
GET  dashboard.definitions     /figures                                     srrrrpppps 200
GET  dashboard.download        /figures/needs_published.xlsx                srrrrpppps 200
GET  dashboard.rows            /figures/needs_published                     srrrrpppps 200
GET  dashboard.show            /dashboard                                   srrrrpppps 200
POST desk.retry                /desk/jobs/{job}/retry                       srrrrpppps 302
GET  desk.status               /desk/status                                 srrrrpppps 200
GET  disclosure.mine           /disclosures                                 spppppppps 200
GET  disclosure.of_post        /posts/{need}/disclosures                    spooopppps 200
GET  disclosure.of_post        /posts/{waiting}/disclosures                 spnnnpppps 200
POST disclosure.sign           /cases/{case}/nda                            spnpnpppps 302/400
POST documents.activate        /office/templates/nda/activate               srrrrrrpps 302
GET  documents.download        /documents/{paper}                           spnpnpppps 200
GET  documents.download        /documents/{internal}                        snnnnpppps 200
GET  documents.listing         /cases/{case}/documents                      spnpnpppps 200
POST documents.make            /cases/{case}/documents/make                 srrrrpppps 400
GET  documents.sample          /office/templates/nda/0/sample.docx          srrrrrrpps 200
GET  documents.template        /office/templates/nda                        srrrrrrpps 200
GET  documents.template_file   /office/templates/nda/0.docx                 srrrrrrpps 200
GET  documents.templates_page  /office/templates                            srrrrrrpps 200
POST documents.upload          /cases/{case}/documents                      spnpnpppps 400
POST documents.upload_template /office/templates/nda                        srrrrrrpps 400
GET  drafts.ask_discard        /drafts/{need}/discard                       soooooooos -
GET  drafts.ask_discard        /drafts/{draft}/discard                      snnpnnnnns 200
GET  drafts.ask_drop           /drafts/{need}/drop                          spooopppps 200
GET  drafts.ask_drop           /drafts/{waiting}/drop                       spnnnpppps 200
POST drafts.discard            /drafts/{need}/discard                       soooooooos -
POST drafts.discard            /drafts/{draft}/discard                      snnpnnnnns 302
POST drafts.drop               /drafts/{need}/drop                          spooopppps 302
GET  drafts.listing            /drafts                                      spppppppps 200
GET  feeds.hall                /needs.atom                                  pppppppppp 200
GET  feeds.opensearch          /opensearch.xml                              pppppppppp 200
GET  feeds.robots              /robots.txt                                  pppppppppp 200
GET  feeds.sitemap             /sitemap.xml                                 pppppppppp 200
GET  feeds.sitemap_file        /sitemap-1.xml                               pppppppppp 200
POST follow_ups.consent        /contracts/{signed}/story/consent            spnpnoooos 409
POST follow_ups.draft_story    /contracts/{signed}/story                    srrrrpppps 400
POST follow_ups.edit_story     /contracts/{signed}/story/edit               srrrrpppps 409
POST follow_ups.finish         /follow-ups/{follow_up}                      srrrrpppps 400
GET  follow_ups.listing        /follow-ups/                                 srrrrpppps 200
POST follow_ups.publish        /contracts/{signed}/story/publish            srrrrpppps 409
POST follow_ups.rate           /contracts/{signed}/rating                   spnpnoooos 400
POST follow_ups.rate           /contracts/{contract}/rating                 snnnnoooos -
GET  follow_ups.story          /stories/{story}                             npnpnppppn 200
GET  follow_ups.story_list     /stories/                                    pppppppppp 200
GET  halls.organisation        /organisations/{university}/posts            pppppppppp 200
GET  health.alive              /healthz                                     pppppppppp 200
GET  health.ready              /readyz                                      pppppppppp 200
GET  home.home                 /                                            pppppppppp 200
GET  home.reasons              /help/reasons                                pppppppppp 200
POST intents.create            /intents/new                                 srpprpppps 400 need={theirs}&supply={supply}
GET  intents.inbox             /intents                                     spppppppps 200/302
GET  intents.new               /intents/new?need={theirs}&supply={supply}   srpprpppps 200
POST languages.choose          /settings/display                            pppppppppp 302
GET  languages.display         /settings/display                            pppppppppp 200
GET  liveness.confirm          /confirm/{confirm}                           pppppppppp 200
GET  liveness.confirm_office   /confirm/office/{unowned}                    pppppppppp 200
POST liveness.confirmed_office /confirm/office/{unowned}                    pppppppppp 302
POST liveness.confirmed        /confirm/{confirm}                           pppppppppp 302
GET  liveness.listing          /expiring                                    spppppppps 200
POST liveness.renew            /posts/{need}/renew                          spooopppps 302
POST liveness.renew            /posts/{waiting}/renew                       sonnnoooos -
POST matches.judge             /posts/{need}/candidates/{supply}/judgement  spooopppps 400
GET  matches.partners          /posts/{need}/partners                       spooopppps 200
GET  matches.partners          /posts/{waiting}/partners                    spnnnpppps 200
GET  matches.progress          /posts/{need}/progress                       spooopppps 200
POST matches.rematch           /posts/{need}/match                          spooopppps 302
POST matches.rematch           /posts/{waiting}/match                       spnnnpppps 400
POST matches.seen              /posts/{need}/seen                           spooopppps 302
POST matches.undo              /posts/{need}/candidates/{supply}/judgement/undo spooopppps 302
POST meetings.accept           /meetings/{asked}/accept                     spnpnpppps 409
GET  meetings.calendar         /calendar                                    spppppppps 200
POST meetings.cancel           /meetings/{asked}/cancel                     spnpnpppps 409
POST meetings.counter          /meetings/{asked}/times                      spnpnpppps 409
POST meetings.create           /cases/{case}/meetings/new                   spnpnpppps 400
GET  meetings.download         /meetings/{meeting}.ics                      spnpnpppps 200
GET  meetings.feed             /calendar/{feed}.ics                         pppppppppp 200
POST meetings.make_need        /meetings/{asked}/need                       srrrrpppps 400
POST meetings.make_paper       /meetings/{asked}/paper                      srrrrpppps 400
GET  meetings.new              /cases/{case}/meetings/new                   spnpnpppps 200
POST meetings.rotate           /calendar                                    spppppppps 200
GET  meetings.show             /meetings/{asked}                            spnpnpppps 200
POST meetings.write            /meetings/{asked}/minutes                    srrrrpppps 409
POST notices.choose            /notices/settings                            spppppppps 302
GET  notices.listing           /notices                                     spppppppps 200
POST notices.read              /notices/{notice}/read                       spnnnnnnns 302
POST notices.read_all          /notices/read                                spppppppps 302
GET  notices.settings          /notices/settings                            spppppppps 200
GET  notices.unsubscribe       /unsubscribe/{stop}                          pppppppppp 200
POST notices.unsubscribe_post  /unsubscribe/{stop}                          pppppppppp 200
POST office.save_settings      /office/settings                             srrrrrrpps 400
POST office.save_split         /office/split                                srrrrrrpps 400
GET  office.settings           /office/settings                             srrrrrrpps 200
GET  office.split              /office/split                                srrrrrrpps 200
GET  official_form.blank       /needs/sheet/blank.docx                      pppppppppp 200
GET  official_form.start       /needs/sheet                                 spprrpppps 200
POST official_form.take         /needs/sheet/entries                         spprrpppps 400
POST official_form.upload      /needs/sheet                                 spprrpppps 400
POST organisations.cancel      /organisation/join/cancel                    spppppppps 302
POST organisations.create      /organisation/new                            spppppppps 400
POST organisations.decide      /organisation/requests/{request}/accept      spnnnoooos 302
POST organisations.hand_over   /organisation/members/{colleague}/hand-over  spnrrrrrrs 302
POST organisations.invite      /organisation/invitations                    spprrrrrrs 302 email=new@example.com
POST organisations.join        /organisation/join/{unchecked}               spppppppps 400/302
POST organisations.leave       /organisation/leave                          spppppppps 400/302
GET  organisations.mine        /organisation                                spppppppps 200
GET  organisations.new         /organisation/new                            spppppppps 200
GET  organisations.queue       /desk/organisations                          srrrrpppps 200
POST organisations.refuse      /desk/organisations/{unchecked}/refuse       srrrrpppps 400
POST organisations.remove      /organisation/members/{colleague}/remove     spnrrrrrrs 302
POST organisations.take_back   /organisation/invitations/{invitation}/take-back spnrrrrrrs 302
POST organisations.verify      /desk/organisations/{unchecked}/verify       srrrrpppps 302
POST people.change_role        /admin/users/{colleague}/role                srrrrrrrps 400
GET  people.listing            /admin/users                                 srrrrrrrps 200
POST people.switch             /admin/users/{colleague}/deactivate          srrrrrrrps 302
GET  pool.listing              /openings                                    spppppppps 200
GET  pool.maturity             /trl                                         pppppppppp 200
GET  pool.named                /experts/named                               spppppppps 200
POST posts.advise              /needs/advice                                spppppppps 200
GET  posts.confirm             /posts/{need}/withdraw                       spooopppps 200
GET  posts.confirm             /posts/{waiting}/withdraw                    spnnnpppps 200
POST posts.create              /needs/new                                   spprrpppps 400
GET  posts.edit                /posts/{need}/edit                           spooopppps 200
GET  posts.edit                /posts/{waiting}/edit                        spnnnpppps 200
GET  posts.edit                /posts/{draft}/edit                          snnpnnnnns 200
POST posts.keep                /posts/{need}/draft                          spooopppps 400
POST posts.keep                /posts/{waiting}/draft                       spnnnpppps 400
POST posts.keep_new            /needs/draft                                 spprrpppps 400
GET  posts.listing             /needs                                       pppppppppp 200
POST posts.move                /posts/{need}/withdraw                       spooopppps 302
POST posts.move                /posts/{waiting}/withdraw                    spnnnpppps 302
POST posts.move                /posts/{draft}/withdraw                      snnonnnnns -
GET  posts.new                 /needs/new                                   spprrpppps 200
POST posts.outside             /needs/outside                               spprrpppps 200
GET  posts.show                /posts/{need}                                pppppppppp 200
GET  posts.show                /posts/{waiting}                             npnnnppppn 200
GET  posts.show                /posts/{draft}                               nnnpnnnnnn 200
POST posts.update              /posts/{need}/edit                           spooopppps 400
POST posts.update              /posts/{waiting}/edit                        spnnnpppps 400
POST posts.would_match         /needs/preview                               spprrpppps 200
GET  privacy.consent           /privacy/consent                             spppppppps 200
POST privacy.consent_post      /privacy/consent                             spppppppps 400
GET  privacy.data              /account/data                                spppppppps 200
POST privacy.erase             /account/erase                               spppppppps 400
GET  privacy.export            /account/data.json                           spppppppps 200
GET  privacy.notice            /privacy                                     pppppppppp 200
POST registration.accept       /invite/invite-token                         pppppppppp 400
GET  registration.ask          /register                                    pppppppppp 200
POST registration.ask_post     /register                                    pppppppppp 400
GET  registration.confirm      /register/register-token                     pppppppppp 200
POST registration.confirm_post /register/register-token                     pppppppppp 400
GET  registration.forgot       /reset                                       pppppppppp 200
POST registration.forgot_post  /reset                                       pppppppppp 400
GET  registration.invited      /invite/invite-token                         pppppppppp 200
GET  registration.reset        /reset/reset-token                           pppppppppp 200
POST registration.reset_post   /reset/reset-token                           pppppppppp 400
GET  registration.sent         /mail-sent                                   pppppppppp 200
GET  reports.download          /reports/agency.xlsx                         srrrrpppps 200
GET  reports.show              /reports/agency                              srrrrpppps 200
GET  reports.start             /reports/                                    srrrrpppps 200
POST reviews.assign            /reviews/{waiting}/broker                    srrrrpppps 302
POST reviews.decide            /reviews/{waiting}                           srrrrpppps 409
GET  reviews.queue             /reviews/                                    srrrrpppps 200
GET  reviews.show              /reviews/{waiting}                           srrrrpppps 200
POST search.describe           /describe                                    pppppppppp 400
GET  search.search             /search                                      pppppppppp 200
POST searches.change           /searches/{search}                           spnnnnnnns 400
POST searches.create           /searches                                    spppppppps 302 kind=need&frequency=daily
POST searches.delete           /searches/{search}/delete                    spnnnnnnns 302
GET  searches.mine             /searches                                    spppppppps 200
GET  searches.new              /searches/new?kind=need                      spppppppps 200
GET  searches.results          /searches/{search}/results                   spnnnnnnns 302
GET  searches.stop             /searches/stop/known                         pppppppppp 200
POST searches.stopped          /searches/stop/known                         pppppppppp 200
POST serving.add               /posts/{facility}/services                   soopopppps 400
GET  serving.listing           /posts/{facility}/services                   soopopppps 200
POST serving.remove            /posts/{facility}/services/{service}/remove  soopopppps 302
POST targets.create            /targets/goals/new                           srrrrrrpps 400
GET  targets.definitions       /targets/goals                               srrrrrrpps 200
POST targets.drop_entry        /targets/entries/{entry}/remove              srrrroopps 302
POST targets.drop_target       /targets/set/{target}/remove                 srrrrrrpps 302
GET  targets.edit              /targets/goals/{goal}/edit                   srrrrrrpps 200
POST targets.enter             /targets/goals/{goal}/entries                srrrrpppps 400
GET  targets.goal              /targets/goals/{goal}                        srrrrpppps 200
GET  targets.new               /targets/goals/new                           srrrrrrpps 200
GET  targets.overview          /targets/                                    srrrrpppps 200
POST targets.set_target        /targets/goals/{goal}/targets                srrrroopps 400
POST targets.update            /targets/goals/{goal}/edit                   srrrroopps 400
GET  transfer.columns          /transfer/uploads/{upload}                   srrrrpppps 200
POST transfer.confirm          /transfer/uploads/{upload}/confirm           srrrrpppps 400
GET  transfer.export           /transfer/export/need.xlsx                   srrrrpppps 200
GET  transfer.job              /transfer/jobs/{imported}                    srrrrpppps 200
POST transfer.preview          /transfer/uploads/{upload}                   srrrrpppps 400
GET  transfer.start            /transfer/                                   srrrrpppps 200
GET  transfer.template         /transfer/template/need.xlsx                 srrrrpppps 200
POST transfer.upload           /transfer/                                   srrrrpppps 400
GET  transfer.wrong            /transfer/jobs/{imported}/wrong              srrrrpppps 404
"""


class Door(NamedTuple):
    """One row of the table."""

    method: str
    endpoint: str
    path: str
    letters: str
    codes: frozenset[int]
    data: str


def _row(line: str) -> Door:
    method, endpoint, path, letters, codes, *data = line.split()
    passing = frozenset(int(code) for code in codes.split("/") if code != "-")
    return Door(method, endpoint, path, letters, passing, "".join(data))


DOORS = [_row(line) for line in TABLE.strip().splitlines()]
