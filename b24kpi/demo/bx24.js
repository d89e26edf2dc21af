/* A stand-in for BX24.js, served by the demo portal to the applications in its frames.
 *
 * It speaks with site.js in the page around the frame by messages {sid, id, command, args} and {sid, id, result}.
 * What is known of the portal comes from the name of the frame: DOMAIN|PROTOCOL|APP_SID.
 * Functions: https://apidocs.bitrix24.com/sdk/bx24-js-sdk/index.html ; others than these say that they are missing. */
(function () {
  'use strict';

  var parts = window.name.split('|');
  var domain = parts[0], secure = parts[1] === '1', sid = parts[2];
  var origin = (secure ? 'https://' : 'http://') + domain;
  var waiting = {}, numbers = 0, data = null, ready = false, callbacks = [], delayed = [];

  function ask(command, args, callback) {
    numbers += 1;
    waiting[numbers] = callback;
    window.parent.postMessage({ sid: sid, id: numbers, command: command, args: args || {} }, origin);
  }

  window.addEventListener('message', function (event) {
    var message = event.data;
    if (event.source !== window.parent || event.origin !== origin || !message || message.sid !== sid) { return; }
    var callback = waiting[message.id];
    delete waiting[message.id];
    if (callback) { callback(message.result); }
  });

  function whenLoaded(action) {
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', action);
    } else {
      action();
    }
  }

  function start() {
    ask('init', {}, function (answer) {
      data = answer;
      ready = true;
      callbacks.splice(0).forEach(function (callback) { callback(); });
      delayed.splice(0).forEach(function (action) { action(); });
    });
  }

  function init(callback) {
    if (window.parent === window || parts.length !== 3) {
      throw new Error('Unable to initialize Bitrix24 JS library!');
    }
    if (ready) {
      if (callback) { callback(); }
      return;
    }
    if (callback) { callbacks.push(callback); }
    if (!start.done) {
      start.done = true;
      whenLoaded(start);
    }
  }

  // --- authorization

  function getAuth() {
    if (!ready || Date.now() >= data.auth.expires_in) { return false; }
    return {
      access_token: data.auth.access_token,
      refresh_token: data.auth.refresh_token,
      expires_in: data.auth.expires_in,
      domain: data.domain,
      member_id: data.member_id
    };
  }

  function refreshAuth(callback) {
    ask('refreshAuth', {}, function (auth) {
      data.auth = auth;
      if (callback) { callback(getAuth()); }
    });
  }

  // --- REST

  function encoded(prefix, value, into) {
    if (value !== null && typeof value === 'object') {
      Object.keys(value).forEach(function (key) {
        encoded(prefix ? prefix + '[' + key + ']' : key, value[key], into);
      });
    } else if (value !== undefined) {
      into.push(encodeURIComponent(prefix) + '=' + encodeURIComponent(value === null ? '' : value));
    }
    return into;
  }

  function AjaxError(status, answer) {
    this.status = status;
    this.ex = answer;
  }
  AjaxError.prototype.getStatus = function () { return this.status; };
  AjaxError.prototype.getError = function () { return this.ex; };
  AjaxError.prototype.toString = function () {
    return this.ex.error + (this.ex.error_description ? ': ' + this.ex.error_description : '') +
      ' (' + this.status + ')';
  };

  function AjaxResult(answer, status, query) {
    this.answer = answer;
    this.status = status;
    this.query = query;
  }
  AjaxResult.prototype.data = function () { return this.answer.result; };
  AjaxResult.prototype.error = function () {
    return this.answer.error === undefined ? undefined : new AjaxError(this.status, this.answer);
  };
  AjaxResult.prototype.error_description = function () { return this.answer.error_description; };
  AjaxResult.prototype.more = function () { return this.answer.next !== undefined; };
  AjaxResult.prototype.total = function () { return this.answer.total; };
  AjaxResult.prototype.time = function () { return this.answer.time; };
  AjaxResult.prototype.next = function (callback) {
    if (!this.more()) { return false; }
    var params = Object.assign({}, this.query.params, { start: this.answer.next });
    return send(this.query.method, params, callback || this.query.callback, true);
  };

  function send(method, params, callback, again) {
    var request = new XMLHttpRequest();
    var query = { method: method, params: params, callback: callback };
    request.open('POST', origin + '/rest/' + method);
    request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    request.onload = function () {
      var answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch (failure) {
        answer = { error: 'ERROR_UNEXPECTED_ANSWER', error_description: request.responseText.slice(0, 200) };
      }
      if (answer.error === 'expired_token' && again) {
        refreshAuth(function () { send(method, params, callback, false); });
      } else if (callback) {
        callback(new AjaxResult(answer, request.status, query));
      }
    };
    request.onerror = function () {
      if (callback) { callback(new AjaxResult({ error: 'NETWORK_ERROR' }, 0, query)); }
    };
    request.send(encoded('', Object.assign({}, params, { auth: data.auth.access_token }), []).join('&'));
    return request;
  }

  function callMethod(method, params, callback) {
    if (!ready) {
      delayed.push(function () { callMethod(method, params, callback); });
      init();
      return;
    }
    send(method, params || {}, callback, true);
  }

  // --- the window

  function getScrollSize() {
    var page = document.documentElement, body = document.body;
    return {
      scrollWidth: Math.max(page.scrollWidth, page.offsetWidth),
      scrollHeight: Math.max(body.scrollHeight, body.offsetHeight)
    };
  }

  function resizeWindow(width, height, callback) {
    ask('resize', { width: width, height: parseInt(height, 10) }, function () { if (callback) { callback(); } });
  }

  var BX24 = {
    init: init,
    ready: whenLoaded,
    isReady: function () { return document.readyState !== 'loading'; },
    installFinish: function () { ask('installFinish'); },
    getAuth: getAuth,
    refreshAuth: refreshAuth,
    callMethod: callMethod,
    getScrollSize: getScrollSize,
    fitWindow: function (callback) { resizeWindow('100%', getScrollSize().scrollHeight, callback); },
    resizeWindow: resizeWindow,
    openPath: function (path, callback) {
      ask('openPath', { path: String(path) }, function (result) { if (callback) { callback(result); } });
    },
    closeApplication: function (callback) { ask('closeApplication', {}, callback); },
    reloadWindow: function (callback) { ask('reloadWindow', {}, callback); },
    setTitle: function (title, callback) { ask('setTitle', { title: String(title) }, callback); },
    getLang: function () { return data.lang; },
    getDomain: function () { return domain; },
    isAdmin: function () { return data.is_admin; },
    bind: function (element, event, callback) { element.addEventListener(event, callback); },
    unbind: function (element, event, callback) { element.removeEventListener(event, callback); },
    placement: {
      info: function () { return { placement: data.placement, options: data.options }; }
    }
  };

  ['install', 'callBatch', 'callBind', 'callUnbind', 'selectUser', 'selectUsers', 'selectAccess', 'selectCRM',
    'openApplication', 'scrollParentWindow', 'loadScript', 'proxy', 'proxyContext'].forEach(function (name) {
    BX24[name] = function () { throw new Error('The demo portal does not emulate BX24.' + name); };
  });
  BX24.appOption = BX24.userOption = BX24.im = new Proxy({}, {
    get: function (target, name) { throw new Error('The demo portal does not emulate ' + String(name)); }
  });
  window.BX24 = BX24;
}());
