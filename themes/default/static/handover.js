// The answer goes on to the service by itself; without script a person presses the button.
"use strict";

HTMLFormElement.prototype.submit.call(document.getElementById("handover"));
