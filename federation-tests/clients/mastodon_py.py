"""Reads from a node with Mastodon.py, anonymously and with a token.

Usage: mastodon_py.py ORIGIN TOKEN ACCOUNT ENTRY
Prints {"passed": [names], "failed": {name: reason}}.
"""
import json
import sys
import threading
import time

import requests
from mastodon import Mastodon, StreamListener

origin, token, address, entry = sys.argv[1:]
stranger = Mastodon(api_base_url=origin, request_timeout=20)
member = Mastodon(api_base_url=origin, access_token=token, request_timeout=20)
passed, failed = [], {}


def step(name, act):
    try:
        result = act()
        if result is False:
            raise AssertionError("not what was expected")
        passed.append(name)
        return result
    except Exception as error:  # every kind is a finding about the node
        failed[name] = f"{type(error).__name__}: {error}"


def has_entry(statuses):
    return any(status.uri == entry for status in statuses)


def find_status():
    return next(status for status in member.timeline_home() if status.uri == entry)


class Ear(StreamListener):
    def __init__(self, word):
        self.word = word
        self.heard = threading.Event()

    def on_update(self, status):
        if self.word in status.content:
            self.heard.set()


def hears(listen):
    """Is a listener told of what is published while it listens?"""
    word = f"heard{time.time_ns()}"
    ear = Ear(word)
    handle = listen(ear)
    # A client does not say when it has begun.
    for _ in range(20):
        note = {"kind": "note", "body": f"On a stream: {word}", "language": "en", "audience": "public"}
        answer = requests.post(f"{origin}/api/forum/v1/entries", json=note, timeout=20,
                               headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        if ear.heard.wait(1):
            break
    handle.close()
    return ear.heard.is_set()


step("instance v1", lambda: bool(stranger.instance_v1().uri))
step("instance v2", lambda: bool(stranger.instance_v2().domain))
step("instance", lambda: bool(stranger.instance().title))
step("nodeinfo", lambda: bool(stranger.instance_nodeinfo()))
step("rules", lambda: isinstance(stranger.instance_rules(), list))
step("peers", lambda: isinstance(stranger.instance_peers(), list))
step("activity", lambda: isinstance(stranger.instance_activity(), list))
step("custom emojis", lambda: isinstance(stranger.custom_emojis(), list))
step("public timeline", lambda: has_entry(stranger.timeline_public()))
step("public timeline, remote", lambda: has_entry(stranger.timeline_public(remote=True)))
step("public timeline, local", lambda: not has_entry(stranger.timeline_public(local=True)))
step("directory", lambda: isinstance(stranger.directory(), list))
step("trends", lambda: isinstance(stranger.trending_tags(), list))
step("trending statuses", lambda: isinstance(stranger.trending_statuses(), list))

me = step("verify credentials", lambda: member.account_verify_credentials())
step("home timeline", lambda: has_entry(member.timeline_home()))
step("home timeline, one page", lambda: has_entry(member.timeline_home(limit=1)))
step("next page", lambda: member.fetch_next(member.timeline_home(limit=1)) is not False)
status = step("status in the home timeline", find_status)
if status:
    step("status", lambda: member.status(status.id).uri == entry)
    step("status as a stranger", lambda: stranger.status(status.id).uri == entry)
    step("context", lambda: member.status_context(status.id).descendants == [])
    step("extension", lambda: status["forum"]["kind"] == "request")
    step("reblogged by", lambda: member.status_reblogged_by(status.id) == [])
    step("favourited by", lambda: member.status_favourited_by(status.id) == [])
    step("tag timeline", lambda: all(
        has_entry(member.timeline_hashtag(tag.name)) for tag in status.tags))
    account = status.account
    step("account", lambda: member.account(account.id).acct == address.lstrip("@"))
    step("lookup", lambda: member.account_lookup(address.lstrip("@")).id == account.id)
    step("account statuses", lambda: has_entry(member.account_statuses(account.id)))
    step("pinned statuses", lambda: member.account_statuses(account.id, pinned=True) == [])
    step("followers", lambda: isinstance(member.account_followers(account.id), list))
    step("following", lambda: isinstance(member.account_following(account.id), list))
    step("relationship", lambda: member.account_relationships(account.id)[0].following)
    step("unfollow", lambda: not member.account_unfollow(account.id).following)
    step("follow", lambda: member.account_follow(account.id).id == account.id)
step("search", lambda: len(member.search_v2(address, resolve=True).accounts) == 1)
step("search by address", lambda: has_entry(member.search_v2(entry, resolve=True).statuses))
step("search as a stranger", lambda: isinstance(stranger.search_v2("Ministry", resolve=False).accounts, list))
for name in ["notifications", "follow_requests", "lists", "mutes", "blocks", "favourites",
             "bookmarks", "conversations", "followed_tags", "announcements", "filters_v2"]:
    if hasattr(member, name):
        step(name, lambda name=name: len(getattr(member, name)()) == 0)

step("streaming is healthy", lambda: stranger.stream_healthy())
step("public stream", lambda: hears(lambda ear: stranger.stream_public(ear, run_async=True)))
step("local stream", lambda: hears(lambda ear: member.stream_local(ear, run_async=True)))
step("user stream", lambda: hears(lambda ear: member.stream_user(ear, run_async=True)))

print(json.dumps({"passed": passed, "failed": failed}))
