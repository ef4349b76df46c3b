// @ts-check
/** The one place that knows which library draws the page. */

export {
  Component,
  createContext,
  html,
  render,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "./vendor/htm/standalone.module.js";
