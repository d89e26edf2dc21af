// Tells Bitrix24 that the installation is done; until then it shows no pages of ours and sends no events.
// https://apidocs.bitrix24.com/sdk/bx24-js-sdk/system-functions/bx24-install-finish.html
(function () {
  "use strict";
  if (!window.BX24) { return; }
  window.BX24.init(function () { window.BX24.installFinish(); });
})();
