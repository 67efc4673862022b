// On every page: htmx. Deliberately absent: what one persona alone needs.
import "htmx.org";
