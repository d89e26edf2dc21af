/* The page of the demo portal around an application's frame: answers the messages of bx24.js. */
(function () {
  'use strict';

  var holder = document.querySelector('.app-frame');
  var slider = document.querySelector('.slider');
  var closed = null;

  document.querySelectorAll('[data-submits]').forEach(function (field) {
    field.addEventListener('change', function () { field.form.submit(); });
  });

  // --- the slider

  function openSlider(path, from, callback) {
    var target;
    try { target = new URL(path, location.href); } catch (failure) { target = null; }
    if (!target || path.charAt(0) !== '/' || target.origin !== location.origin) {
      callback({ result: 'error', errorCode: 'PATH_NOT_AVAILABLE' });
      return;
    }
    target.searchParams.set('IFRAME', 'Y');
    target.searchParams.set('from', 'rest_placement');
    target.searchParams.set('from_app', from);
    slider.dataset.path = path;
    slider.querySelector('.slider-path').textContent = path;
    slider.querySelector('iframe').src = target.href;
    slider.hidden = false;
    slider.querySelector('button').focus();
    closed = function () { callback({ result: 'close' }); };
  }

  function closeSlider() {
    slider.hidden = true;
    slider.querySelector('iframe').src = 'about:blank';
    if (closed) { closed(); }
    closed = null;
  }

  if (slider) {
    slider.querySelector('button').addEventListener('click', closeSlider);
    document.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && !slider.hidden) { closeSlider(); }
    });
  }
  if (!holder) { return; }

  // --- the frame

  var config = JSON.parse(holder.querySelector('script[type="application/json"]').textContent);
  var frame = holder.querySelector('iframe');

  function post(path) {
    return fetch('/marketplace/app/' + config.app + '/' + path + '/', { method: 'POST' });
  }

  var COMMANDS = {
    init: function (args, reply) { reply(config.init); },
    installFinish: function () {
      if (config.installing) { post('finish').then(function () { location.reload(); }); }
    },
    refreshAuth: function (args, reply) {
      post('auth').then(function (answer) { return answer.json(); }).then(function (auth) {
        config.init.auth = auth;
        reply(auth);
      });
    },
    resize: function (args, reply) {
      if (args.height > 0) { frame.style.height = args.height + 'px'; }
      frame.style.width = args.width === '100%' ? '100%' : (parseInt(args.width, 10) || 100) + 'px';
      reply();
    },
    openPath: function (args, reply) { openSlider(args.path, config.app, reply); },
    setTitle: function (args, reply) {
      document.querySelector('h1').textContent = args.title;
      reply();
    },
    reloadWindow: function () { location.reload(); },
    closeApplication: function () { history.back(); }
  };

  window.addEventListener('message', function (event) {
    var message = event.data;
    if (event.source !== frame.contentWindow || event.origin !== config.origin) { return; }
    if (!message || message.sid !== config.sid || !COMMANDS.hasOwnProperty(message.command)) { return; }
    COMMANDS[message.command](message.args, function (result) {
      frame.contentWindow.postMessage({ sid: config.sid, id: message.id, result: result }, config.origin);
    });
  });

  holder.querySelector('form').submit();
}());
