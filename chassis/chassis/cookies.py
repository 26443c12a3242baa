"""Django's middleware for people at a browser: sessions, their users, and messages.

All of it hangs on a cookie. A request to the API that brings none passes it by: it has no session, and no
`request.user` until the REST framework sets that.
"""

from collections.abc import Awaitable

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

API = "/api/"


class _OnlyWithCookies(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if not request.META.get("HTTP_COOKIE") and request.path_info.startswith(API):
            return self.get_response(request)
        return super().__call__(request)


class SessionMiddleware(_OnlyWithCookies, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(_OnlyWithCookies, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(_OnlyWithCookies, messages.MessageMiddleware):
    pass
